/** Finding by a few letters: a field, what was found, and the keyboard below it. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { useT } from '@/shared/i18n';
import { Keyboard } from './Keyboard';
import { useKiosk } from './kiosk';
import { BigButton, Frame, Scroller } from './parts';
import { useAnswer } from '@/shared/api/useAnswer';

const MAX_WORD = 24;
const REST_MS = 150;

export function Finder<T>({ word, hint, placeholder, path, query, pick, whenEmpty, children }: {
  word: string;
  hint: ReactNode;
  placeholder: string;
  path: string;
  query: (text: string) => Readonly<Record<string, string | number>>;
  /** How many were found; drawn by `children`. */
  pick: (told: T) => readonly unknown[];
  /** Shown while nothing is typed; without it the question is asked with an empty word. */
  whenEmpty?: ReactNode;
  children: (told: T) => ReactNode;
}) {
  const t = useT();
  const { low } = useKiosk();
  const [text, setText] = useState('');
  const [asked, setAsked] = useState('');
  const [reading, setReading] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const timer = setTimeout(() => { setAsked(text.trim()); }, REST_MS);
    return () => { clearTimeout(timer); };
  }, [text]);
  const asking = asked !== '' || whenEmpty === undefined;
  const { data, error, again } = useAnswer<T>(asking ? path : null, query(asked));
  const count = data ? pick(data).length : 0;
  // With low controls there is no room for both: one sees what was found, or types.
  const showFound = !low || reading;
  return (
    <Frame
      word={word} hint={hint}
      actions={low && <BigButton kind="primary" icon={reading ? 'edit' : 'list'} word={reading ? 'finder.type' : 'finder.read'} onClick={() => { setReading(!reading); }}>{!reading && asked && <span className="count">{count}</span>}</BigButton>}
    >
      <div className="finder-field">
        <Icon name="search" />
        <input
          ref={input} className="input" type="search" inputMode="none" autoComplete="off" aria-label={t(word)} placeholder={placeholder} maxLength={MAX_WORD} value={text}
          onChange={(event) => { setText(event.target.value); }}
        />
      </div>
      {showFound && (
        <Scroller label={t('finder.found')}>
          <ErrorNotice error={error} onRetry={again} />
          {!asking && whenEmpty}
          {asking && data && count === 0 && <p className="quiet" role="status">{t('finder.none', { text: asked })}</p>}
          {asking && data && count > 0 && <div className="list">{children(data)}</div>}
        </Scroller>
      )}
      {!(low && reading) && <Keyboard value={text} onChange={setText} most={MAX_WORD} />}
    </Frame>
  );
}
