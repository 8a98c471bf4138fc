/** The queue at a clerk's window: who waits, who is here, what the screen opposite says. */
import { useState } from 'react';
import type { Panel } from '@/panels/panel';
import type { Visitor } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { errorText } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { StatusMark } from '@/shared/components/StatusMark';
import { Reveal } from '@/shared/console/Reveal';
import { addWords, useLang, useT, useText } from '@/shared/i18n';
import { useEntity, useNow } from '@/shared/live/hooks';
import { rangeText } from './board';
import en from './desk.en.json';
import './desk.css';
import zh from './desk.zh.json';
import { isHeld, primaryOf, runningTime, screenFailed, screenPending, waitedMin, whyNot, type Other } from './deskLogic';
import { useDesk, useKeys } from './deskState';
import { TransferDialog } from './deskTransfer';

addWords('desk', { zh, en });
/** What a visitor left to be told of their turn. */
const PHONE = 'queue.ticket.phone_sealed';

function Waiting() {
  const t = useT();
  const { window } = useDesk();
  const hidden = window.waiting - window.next.length;
  return (
    <section className="desk-waiting" aria-label={t('desk:waitingTitle', { n: window.waiting })}>
      <header>
        <h2>{t('desk:waitingTitle', { n: window.waiting })}</h2>
        {window.waiting > 0 && <span className="nb">{window.wait_min ? t('desk:waitRange', { range: rangeText(window.wait_min) }) : t('desk:waitUnknown')}</span>}
      </header>
      {window.next.length === 0 && <p className="desk-quiet">{t('desk:nobodyWaits')}</p>}
      <ol>{window.next.map((visitor) => <WaitingRow key={visitor.number} visitor={visitor} />)}</ol>
      {hidden > 0 && <p className="desk-quiet">{t('desk:more', { n: hidden })}</p>}
    </section>
  );
}

function WaitingRow({ visitor }: { visitor: Visitor }) {
  const t = useT();
  const text = useText();
  const now = useNow(15_000);
  return (
    <li>
      <b className="nb">{visitor.number}</b>
      <span>
        {text(visitor.item_name) || t('desk:anyItem')}
        <Traits visitor={visitor} />
      </span>
      <span className="nb desk-quiet">{t('desk:waitedFor', { n: waitedMin({ issued_ms: visitor.issued_ms, called_ms: null }, now) })}</span>
    </li>
  );
}

/** Priority and what the visitor said of themselves when taking the ticket. */
function Traits({ visitor }: { visitor: Visitor }) {
  const t = useT();
  const profile = t(`desk:profile.${visitor.profile}`);
  if (!visitor.priority && !profile && visitor.lang !== 'en') return null;
  return (
    <span className="desk-traits">
      {visitor.priority && <strong>{t('desk:priority')}</strong>}
      {profile && <span>{profile}</span>}
      {visitor.lang === 'en' && <span lang="en">{t('desk:english')}</span>}
    </span>
  );
}

function Current() {
  const desk = useDesk();
  const { window, me, busy, error, run, forgetError } = desk;
  const t = useT();
  const lang = useLang();
  const [transferring, setTransferring] = useState(false);
  const primary = primaryOf(window, me);
  const why = (action: Other) => {
    const reason = whyNot(action, window, me);
    return reason ? t(`desk:why.${reason}`, { action: t(`desk:${action}`) }) : undefined;
  };
  const press = (action: Other) => {
    if (busy || why(action)) return;
    if (action === 'transfer') setTransferring(true);
    else void run([action]);
  };
  const pressPrimary = () => { if (!busy && !primary.why) void run(primary.steps); };
  useKeys({
    ' ': pressPrimary,
    r: () => { press('recall'); },
    n: () => { press('no-show'); },
    t: () => { press('transfer'); },
    e: () => { press('finish'); },
    p: () => {
      if (window.state === 'break') { if (!busy) void run(['open']); } else press('pause');
    },
  });
  return (
    <>
      {!window.online && (
        <div className="notice desk-offline" role="alert">
          <StatusMark state="offline" size={32} />
          <div><strong>{t('desk:offlineTitle', { number: window.number })}</strong><p>{t('desk:offlineHow')}</p></div>
        </div>
      )}
      {error !== null && (
        <div className="notice" role="alert">
          <Icon name="warning" />
          <p>{errorText(error, t, lang)}</p>
          <Button onClick={forgetError}>{t('desk:closeNotice')}</Button>
        </div>
      )}
      <VisitorCard />
      <Button
        kind="primary" className="desk-primary" aria-keyshortcuts="Space" aria-busy={busy} missing={primary.why ? t(`desk:why.${primary.why}`) : undefined}
        aria-disabled={busy || undefined} onClick={pressPrimary}
      >
        <Icon name={primary.word === 'start' ? 'play' : primary.word === 'finish' ? 'check' : primary.word === 'open' || primary.word === 'resume' ? 'power' : 'bell'} />
        <span>
          {t(`desk:primary.${primary.word}`, { number: primary.number }).trim()}
          {primary.why && <small aria-hidden="true">{t(`desk:why.${primary.why}`)}</small>}
        </span>
        <kbd className="kbd" aria-hidden="true">{t('desk:space')}</kbd>
      </Button>
      <div className="desk-others" role="group" aria-label={t('desk:actions')}>
        {([['recall', 'R'], ['no-show', 'N'], ['transfer', 'T'], ['finish', 'E']] as const).map(([action, key]) => (
          <Button key={action} aria-keyshortcuts={key} aria-disabled={busy || undefined} missing={why(action)} onClick={() => { press(action); }}>
            {t(`desk:${action}`)}
            <kbd className="kbd" aria-hidden="true">{key}</kbd>
          </Button>
        ))}
      </div>
      <TransferDialog open={transferring} onClose={() => { setTransferring(false); }} />
    </>
  );
}

function VisitorCard() {
  const { window, me, names, timezone } = useDesk();
  const t = useT();
  const text = useText();
  const now = useNow();
  const { current } = window;
  if (!current) {
    const held = isHeld(window, me);
    const key = held ? 'held' : !window.online ? 'offline' : window.state === 'open' ? (window.waiting > 0 ? 'open' : 'empty') : window.state;
    return (
      <section className="card desk-visitor desk-visitor-none" aria-live="polite">
        <p className="desk-none-state">{t(window.state === 'open' ? 'desk:state.none' : `desk:state.${window.state}`)}</p>
        <p className="desk-none">{t(`desk:none.${key}`, { who: names[window.staffed_by ?? ''] ?? '' })}</p>
      </section>
    );
  }
  const serving = current.state === 'serving';
  const since = (serving ? current.started_ms : current.called_ms) ?? current.issued_ms;
  const time = new Intl.DateTimeFormat('zh-CN', { hour: '2-digit', minute: '2-digit', hour12: false, timeZone: timezone }).format(current.issued_ms);
  return (
    <section className="card desk-visitor" aria-label={t(serving ? 'desk:state.serving' : 'desk:state.called')}>
      <div>
        <p className="desk-quiet" role="status">{t(serving ? 'desk:state.serving' : 'desk:state.called')}</p>
        <p className="desk-number" data-testid="current-number">{current.number}</p>
      </div>
      <div className="desk-what">
        <h2>{text(current.item_name) || t('desk:anyItem')}</h2>
        <p className="desk-quiet">{t('desk:taken', { time, n: waitedMin(current, now) })}</p>
        <Traits visitor={current} />
        {current.phone && current.subject && (
          <p className="desk-reach">{t('desk:phone')} <Reveal key={current.subject} subject={current.subject} field={PHONE} what={t('desk:phone')} masked={current.phone} /></p>
        )}
      </div>
      <div className="desk-timer">
        <p className="desk-quiet">{t(serving ? 'desk:timer.serving' : 'desk:timer.called')}</p>
        <p className="nb" role="timer" aria-live="off">{runningTime(now - since)}</p>
        {current.calls > 1 && <p className="desk-quiet nb">{t('desk:calledTimes', { n: current.calls })}</p>}
      </div>
    </section>
  );
}

/** What the window's screen was told to show, and whether it does. */
function OppositeScreen() {
  const { window, site } = useDesk();
  const t = useT();
  const points = useEntity(`${site}:window:${window.number}`);
  const called = window.current?.state === 'called' ? window.current.number : String(points.called?.[0] ?? '');
  const words = called ? t('desk:screen.please') : t(window.open ? 'desk:screen.wait' : 'desk:screen.closed');
  const failed = screenFailed(window.screen);
  const told = failed
    ? t('desk:screen.failed', { state: t(`command.state.${String(window.screen)}`) })
    : t(window.screen === null ? 'desk:screen.none' : screenPending(window.screen) ? 'desk:screen.pending' : 'desk:screen.shown');
  return (
    <section className="desk-side">
      <h2>{t('desk:screen.title')}</h2>
      <div className="desk-led" role="img" aria-label={t('desk:screen.label', { text: `${window.number} ${words} ${called}` })}>
        <span>{window.number}</span>
        <span><small>{words}</small>{called && <b>{called}</b>}</span>
      </div>
      <p className={failed ? 'desk-led-failed' : 'desk-quiet'} role="status">{failed && <Icon name="warning" />}{told}</p>
    </section>
  );
}

export const panels: Panel[] = [
  { slot: 'left', title: { zh: '等候', en: 'Waiting' }, order: 1, Component: Waiting },
  { slot: 'main', title: { zh: '这位群众', en: 'This visitor' }, order: 1, Component: Current },
  { slot: 'side', title: { zh: '对面屏', en: 'Screen' }, order: 1, Component: OppositeScreen },
];
