/** The three columns of a window: who waits, who is here, what the visitor sees. Panels fill them. */
import { collectPanels } from '@/panels/panel';
import { whyNot } from '@/panels/queue/deskLogic';
import { useDesk } from '@/panels/queue/deskState';
import { Button } from '@/shared/components/Button';
import { useLang, useT, useText } from '@/shared/i18n';
import { useLiveState, useNow } from '@/shared/live/hooks';
import { Person } from './Person';

const panels = collectPanels(import.meta.glob('@/panels/*/desk.tsx', { eager: true }));

export function Desk({ onLeave }: { onLeave: () => void }) {
  const t = useT();
  const slot = (name: string) => panels.filter((panel) => panel.slot === name).map(({ Component, title }) => <Component key={title.en} />);
  return (
    <div className="desk">
      <DeskHeader onLeave={onLeave} />
      <aside className="desk-left" aria-label={t('columns.left')}>{slot('left')}</aside>
      <main className="desk-main" aria-label={t('columns.main')}>{slot('main')}</main>
      <aside className="desk-right" aria-label={t('columns.side')}>{slot('side')}</aside>
    </div>
  );
}

function DeskHeader({ onLeave }: { onLeave: () => void }) {
  const t = useT();
  const text = useText();
  const { window, me, busy, run } = useDesk();
  const paused = window.state === 'break';
  const why = (action: 'pause' | 'close') => {
    const reason = whyNot(action, window, me);
    return reason ? t(`desk:why.${reason}`, { action: t(`desk:${action}`) }) : undefined;
  };
  return (
    <header className="desk-header">
      <img src="/favicon.svg" alt="" width="28" height="28" />
      <div className="desk-title">
        <h1>{t('windowTitle', { number: window.number })} <span className="desk-state" data-state={window.state}>{t(`state.${window.state}`)}</span></h1>
        <p>{text(window.department_name)} · {window.floor}</p>
      </div>
      <LiveWord />
      <span className="nb desk-served">{t('servedToday')} <b>{window.served_today}</b></span>
      <Clock />
      <Button
        icon={paused ? 'play' : 'pause'} aria-keyshortcuts="P" aria-disabled={busy || undefined} missing={paused ? undefined : why('pause')}
        onClick={() => { void run([paused ? 'open' : 'pause']); }}
      >
        {t(paused ? 'desk:primary.resume' : 'desk:pause')} <kbd className="kbd" aria-hidden="true">P</kbd>
      </Button>
      {window.state !== 'closed' && <Button aria-disabled={busy || undefined} missing={why('close')} onClick={() => { void run(['close']); }}>{t('desk:close')}</Button>}
      <Button onClick={onLeave}>{t('changeWindow')}</Button>
      <Person />
    </header>
  );
}

/** A live feed needs no words beyond a quiet one; a lost one needs many. */
function LiveWord() {
  const t = useT();
  const state = useLiveState();
  return <span className="desk-live nb" data-state={state} role="status"><i aria-hidden="true" />{t(state === 'live' ? 'live.ok' : state === 'connecting' ? 'live.connecting' : 'live.offline')}</span>;
}

function Clock() {
  const { timezone } = useDesk();
  const lang = useLang();
  const now = useNow(5_000);
  return <time className="desk-clock nb">{new Intl.DateTimeFormat(lang === 'zh' ? 'zh-CN' : 'en-GB', { hour: '2-digit', minute: '2-digit', hour12: false, timeZone: timezone }).format(now)}</time>;
}
