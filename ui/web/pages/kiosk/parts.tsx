/** The pieces every view of the kiosk is made of. */
import { useEffect, useRef, useState, type ButtonHTMLAttributes, type ReactNode } from 'react';
import type { Text } from '@/shared/api/types';
import { Icon } from '@/shared/components/Icon';
import type { IconName } from '@/shared/components/icons';
import { getLang, setLang, useLang, useT } from '@/shared/i18n';
import { getTheme, setTheme } from '@/shared/theme';
import { Both, type Values } from './Both';
import { useKiosk } from './kiosk';

interface BigProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  word?: string;
  text?: Text | null;
  icon?: IconName;
  kind?: 'primary' | 'plain';
  children?: ReactNode;
}

/** A button for a finger, in both languages. */
export function BigButton({ word, text, icon, kind = 'plain', children, ...rest }: BigProps) {
  return (
    <button type="button" {...rest} className={`big ${rest.className ?? ''}`} data-kind={kind}>
      {icon && <Icon name={icon} />}
      {(word !== undefined || text) && <Both {...(word !== undefined && { word })} {...(text && { text })} />}
      {children}
    </button>
  );
}

/** One of the six on the first screen. */
export function Tile({ word, icon, onPress }: { word: string; icon: IconName; onPress: () => void }) {
  return (
    <button type="button" className="tile" onClick={onPress}>
      <span className="tile-icon"><Icon name={icon} /></span>
      <Both word={word} />
    </button>
  );
}

/** A row of a list that leads on. */
export function RowButton({ text, note, icon, onPress, off }: { text: Text; note?: ReactNode; icon?: IconName; onPress: () => void; off?: boolean }) {
  return (
    <button type="button" className="row-button" data-off={off ? '' : undefined} onClick={onPress}>
      {icon && <Icon name={icon} />}
      <Both text={text} />
      {note && <span className="row-note">{note}</span>}
      <Icon name="right" />
    </button>
  );
}

/** Language and colours. Above in the head, or with low controls at the top of the lower half. */
export function Switches() {
  const t = useT();
  const lang = useLang();
  const [contrast, setContrast] = useState(() => getTheme() === 'contrast');
  return (
    <div className="switches">
      <button type="button" className="big" lang={lang === 'zh' ? 'en' : 'zh-CN'} onClick={() => { setLang(getLang() === 'zh' ? 'en' : 'zh'); }}>
        <Icon name="language" /><b>{t('langOther')}</b>
      </button>
      <button
        type="button" className="big" aria-pressed={contrast}
        onClick={() => {
          setTheme(contrast ? 'light' : 'contrast');
          setContrast(!contrast);
        }}
      >
        <Icon name="contrast" /><b>{t('theme.contrast')}</b>
      </button>
    </div>
  );
}

/** A view: what to know above, what to press below; with low controls everything pressed lies in the lower half. */
export function Frame({ word, title, values, hint, info, actions, children, back = true }: {
  word?: string;
  title?: Text | null;
  values?: Values;
  hint?: ReactNode;
  info?: ReactNode;
  actions?: ReactNode;
  children?: ReactNode;
  back?: boolean;
}) {
  const { low, move } = useKiosk();
  return (
    <main className="frame">
      <section className="frame-info">
        <h1 tabIndex={-1} ref={focusOnce}><Both {...(word !== undefined && { word })} {...(title && { text: title })} {...(values && { values })} /></h1>
        {hint && <p className="frame-hint">{hint}</p>}
        {info}
      </section>
      <section className="frame-tasks">
        {low && <Switches />}
        <div className="frame-content">{children}</div>
        <div className="frame-actions">
          {back && <BigButton icon="back" word="back" onClick={() => { move({ do: 'back' }); }} />}
          {actions}
        </div>
      </section>
    </main>
  );
}

/** A new view is read from its heading on. */
function focusOnce(heading: HTMLHeadingElement | null): void {
  heading?.focus({ preventScroll: true });
}

/** A list longer than its place: two large buttons turn it, a finger may as well. */
export function Scroller({ children, label }: { children: ReactNode; label: string }) {
  const t = useT();
  const box = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState({ up: false, down: false });
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const look = () => {
      const { scrollTop, clientHeight, scrollHeight } = element;
      const next = { up: scrollTop > 4, down: scrollTop + clientHeight < scrollHeight - 4 };
      setAt((before) => (before.up === next.up && before.down === next.down ? before : next));
    };
    look();
    const sizes = new ResizeObserver(look);
    sizes.observe(element);
    for (const child of element.children) sizes.observe(child);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      sizes.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, []);
  const turn = (direction: 1 | -1) => { box.current?.scrollBy({ top: direction * box.current.clientHeight * 0.85 }); };
  const long = at.up || at.down;
  return (
    <div className="scroller" data-long={long ? '' : undefined}>
      <div ref={box} className="scroller-box" role="region" aria-label={label} tabIndex={long ? 0 : undefined}><div>{children}</div></div>
      {long && (
        <div className="scroller-turn">
          <button type="button" className="big" aria-label={t('turnUp')} disabled={!at.up} onClick={() => { turn(-1); }}><Icon name="up" /></button>
          <button type="button" className="big" aria-label={t('turnDown')} disabled={!at.down} onClick={() => { turn(1); }}><Icon name="down" /></button>
        </div>
      )}
    </div>
  );
}
