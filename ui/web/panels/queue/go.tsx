/** The ticket on a phone: how long still, when to walk, and whom the window wants. */
import { useEffect } from 'react';
import type { Panel } from '@/panels/panel';
import { hashOf, replaceHash, useGo } from '@/pages/go/go';
import { KeptNote } from '@/pages/go/goKept';
import { ApiError } from '@/shared/api/client';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { useT, useText } from '@/shared/i18n';
import { rangeText } from './board';
import { Called, Ended } from './goCalled';
import { isLive, isWaiting } from './goLogic';
import { useTicketNow, type TicketNow } from './goTicket';
import { Waiting } from './goWaiting';
import './goWords';

/** On the first screen: my ticket, if I have one. */
function Strip({ token }: { token: string }) {
  const { setToken } = useGo();
  const t = useT();
  const text = useText();
  const { ticket, error } = useTicketNow(token);
  useEffect(() => { if (error instanceof ApiError && error.status === 404) setToken(null); }, [error, setToken]);
  if (!ticket) return null;
  const called = ticket.state === 'called';
  const waiting = isWaiting(ticket);
  const range = ticket.wait_min ? t('goQueue:aboutMin', { range: rangeText(ticket.wait_min) }) : t('goQueue:unknown');
  return (
    <a className="go-strip" href={hashOf('ticket', ticket.token)} data-state={ticket.state} aria-live="polite">
      <b className="go-strip-number">{ticket.number}</b>
      <span>
        <b>{called ? t('goQueue:calledTo', { window: ticket.called_window }) : waiting ? ticket.ahead ? t('goQueue:ahead', { n: ticket.ahead }) : t('goQueue:next') : t(`goQueue:state.${ticket.state}`)}</b>
        {waiting && <span>{range}</span>}
      </span>
      <Icon name="right" />
      <span className="go-strip-what">{text(ticket.item_name ?? ticket.department_name)}</span>
    </a>
  );
}

function MaybeStrip() {
  const { token, view } = useGo();
  return token && !view.query.has('q') ? <Strip key={token} token={token} /> : null;
}

function TicketView() {
  const { view, token } = useGo();
  useEffect(() => { if (!view.key && token) replaceHash(hashOf('ticket', token)); }, [view.key, token]);
  if (view.key) return <OneTicket token={view.key} />;
  return token ? null : <NoTicket />;
}

function NoTicket() {
  const t = useT();
  return (
    <section className="card go-ended">
      <Icon name="ticket" size={48} />
      <h2>{t('goQueue:none')}</h2>
      <p>{t('goQueue:noneNote')}</p>
      <a className="btn go-wide" data-kind="primary" data-size="large" href={hashOf('items')}>{t('goQueue:choose')}</a>
    </section>
  );
}

function OneTicket({ token: own }: { token: string }) {
  const { token, setToken } = useGo();
  const now = useTicketNow(own);
  const { ticket, error } = now;
  // A ticket printed at a kiosk becomes the phone's own by opening it, unless the phone has one already.
  const adopt = token === null && ticket !== null && isLive(ticket);
  useEffect(() => { if (adopt) setToken(own); }, [adopt, own, setToken]);
  // Yesterday's ticket is forgotten.
  const gone = error instanceof ApiError && error.status === 404 && token === own;
  useEffect(() => { if (gone) setToken(null); }, [gone, setToken]);
  return <TicketState {...now} />;
}

function TicketState({ ticket, error, again, keptMs }: TicketNow) {
  const t = useT();
  if (!ticket && error instanceof ApiError && error.status === 404) return <NoTicket />;
  if (!ticket) return <><ErrorNotice error={error} onRetry={again} />{!error && <p className="note" aria-busy="true">{t('loading')}</p>}</>;
  return (
    <div className="go-ticket">
      <KeptNote ms={keptMs} />
      {ticket.state === 'called' ? <Called ticket={ticket} /> : isWaiting(ticket) ? <Waiting ticket={ticket} /> : <Ended ticket={ticket} />}
    </div>
  );
}

const title = { zh: '我的号', en: 'My ticket' };
export const panels: Panel[] = [
  { slot: 'home', title, order: 2, Component: MaybeStrip },
  { slot: 'ticket', title, order: 1, Component: TicketView },
];
