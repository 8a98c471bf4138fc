/** The ticket on a phone: how long still, when to walk, and whom the window wants. */
import { useEffect, useRef, useState } from 'react';
import type { Panel } from '@/panels/panel';
import { rangeText, windowsText } from '@/panels/queue/board';
import { hashOf, phone, useGo } from '@/pages/go/go';
import { useAnswer } from '@/shared/api/useAnswer';
import { ApiError, api } from '@/shared/api/client';
import type { Ticket } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { Dialog } from '@/shared/components/Dialog';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { useT, useText } from '@/shared/i18n';
import { useEntity, useTicket } from '@/shared/live/hooks';
import './go.css';
import './goTake';

const WAITING = new Set<Ticket['state']>(['issued', 'transferred']);
const BUZZ_MS = [400, 150, 400, 150, 400];

/** The newest of what was asked and what the feed told; asked again when its queue moves. */
function useTicketNow(token: string): { ticket: Ticket | null; error: unknown; again: () => void } {
  const { building } = useGo();
  const { data, error, again } = useAnswer<Ticket>(`/queue/tickets/${encodeURIComponent(token)}`);
  const told = useTicket();
  const ticket = told?.token === token ? told : data;
  const queue = useEntity(ticket ? `${building.site}:queue:${ticket.queue}` : '');
  const waiting = queue.waiting?.[0];
  const known = useRef(waiting);
  useEffect(() => {
    if (known.current === waiting) return;
    known.current = waiting;
    again(); // those far back are not told of each step
  }, [waiting, again]);
  const newest = told?.token === token && data && data.state === told.state && data.ahead !== told.ahead ? data : ticket;
  return { ticket: newest, error, again };
}

/** On the first screen: my ticket, if I have one. */
function Strip() {
  const { token, setToken } = useGo();
  const t = useT();
  const text = useText();
  const { ticket, error } = useTicketNow(token ?? '');
  useEffect(() => { if (error instanceof ApiError && error.status === 404) setToken(null); }, [error, setToken]);
  if (!ticket) return null;
  return (
    <a className="go-strip" href={hashOf('ticket', ticket.token)} data-state={ticket.state}>
      <b className="go-strip-number">{ticket.number}</b>
      <span>
        <b>{ticket.state === 'called' ? t('goQueue:calledTo', { window: ticket.called_window }) : WAITING.has(ticket.state) ? t('goQueue:ahead', { n: ticket.ahead ?? 0 }) : t(`goQueue:state.${ticket.state}`)}</b>
        <span className="note">{text(ticket.item_name ?? ticket.department_name)}</span>
      </span>
      <Icon name="right" />
    </a>
  );
}

function MaybeStrip() {
  const { token } = useGo();
  return token ? <Strip /> : null;
}

function TicketView() {
  const { view } = useGo();
  const t = useT();
  const { ticket, error, again } = useTicketNow(view.key);
  useCallHeard(ticket);
  if (!ticket) return <><ErrorNotice error={error} onRetry={again} />{!error && <p className="note" aria-busy="true">{t('loading')}</p>}</>;
  if (ticket.state === 'called') return <Called ticket={ticket} />;
  if (WAITING.has(ticket.state)) return <Waiting ticket={ticket} />;
  return <Ended ticket={ticket} />;
}

/** A call is felt and heard where the phone can. */
function useCallHeard(ticket: Ticket | null): void {
  const called = ticket?.state === 'called' ? ticket.calls : 0;
  useEffect(() => {
    if (called === 0) return;
    if ('vibrate' in navigator) navigator.vibrate(BUZZ_MS);
  }, [called]);
}

function Waiting({ ticket }: { ticket: Ticket }) {
  const t = useT();
  const text = useText();
  return (
    <div className="go-ticket">
      <section className="go-card-mine" aria-live="polite">
        <p>{text(ticket.item_name ?? ticket.department_name)}</p>
        <p className="go-number" data-testid="ticket-number">{ticket.number}</p>
        <dl>
          <div><dt>{t('goQueue:aheadLabel')}</dt><dd><b>{ticket.ahead ?? 0}</b> {t('goQueue:people')}</dd></div>
          <div><dt>{t('goQueue:waitLabel')}</dt><dd>{ticket.wait_min ? <><b>{rangeText(ticket.wait_min)}</b> {t('goQueue:min')}</> : <b>{t('goQueue:unknown')}</b>}</dd></div>
        </dl>
        <p className="note">{ticket.wait_min ? t('goQueue:honest') : t('goQueue:whyUnknown')}</p>
        {ticket.open_windows.length > 0 && <p>{t('goQueue:windows', { windows: windowsText(ticket.open_windows) })}</p>}
      </section>
      <a className="btn" data-kind="mine" data-size="large" href={hashOf('route', '', { to: `ticket:${ticket.token}`, from: phone.place() })}><Icon name="route" />{t('goQueue:takeMe')}</a>
      <figure className="card go-qr">
        <img src={`/api/v1/qr.svg?path=${encodeURIComponent(`/go/${hashOf('ticket', ticket.token)}`)}`} alt="" width="112" height="112" />
        <figcaption>{t('goQueue:qr')}</figcaption>
      </figure>
      <GiveUp ticket={ticket} />
    </div>
  );
}

function Called({ ticket }: { ticket: Ticket }) {
  const t = useT();
  return (
    <div className="go-ticket">
      <section className="go-called" role="alert">
        <p>{t('goQueue:yourTurn', { number: ticket.number })}</p>
        <p className="go-window" data-testid="called-window">{ticket.called_window}</p>
        <p>{t('goQueue:pleaseGo', { floor: ticket.called_floor })}</p>
      </section>
      <a className="btn" data-kind="mine" data-size="large" href={hashOf('route', '', { to: ticket.called_window ?? '', from: phone.place() })}><Icon name="route" />{t('goQueue:takeMe')}</a>
    </div>
  );
}

function Ended({ ticket }: { ticket: Ticket }) {
  const t = useT();
  const text = useText();
  const { setToken } = useGo();
  return (
    <div className="go-ticket">
      <section className="card go-ended" aria-live="polite">
        <p className="go-number">{ticket.number}</p>
        <p>{text(ticket.item_name ?? ticket.department_name)}</p>
        <h2>{t(`goQueue:state.${ticket.state}`)}</h2>
        <p>{t(`goQueue:after.${ticket.state}`)}</p>
      </section>
      {ticket.state === 'done' && <a className="btn" data-kind="primary" data-size="large" href={hashOf('rate', ticket.token)}><Icon name="star" />{t('goQueue:rate')}</a>}
      {ticket.state !== 'serving' && (
        <a className="btn" data-size="large" href={hashOf('home')} onClick={() => { setToken(null); }}><Icon name="home" />{t('goQueue:home')}</a>
      )}
    </div>
  );
}

function GiveUp({ ticket }: { ticket: Ticket }) {
  const t = useT();
  const { setToken } = useGo();
  const [open, setOpen] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const giveUp = () => {
    api.delete(`/queue/tickets/${encodeURIComponent(ticket.token)}`).then(
      () => {
        setToken(null);
        location.hash = hashOf('home');
      },
      (reason: unknown) => { setError(reason); },
    );
  };
  return (
    <>
      <Button kind="danger" size="large" onClick={() => { setOpen(true); }}>{t('goQueue:giveUp')}</Button>
      <Dialog
        open={open} title={t('goQueue:giveUpSure')} onClose={() => { setOpen(false); }}
        actions={<><Button onClick={() => { setOpen(false); }}>{t('goQueue:keep')}</Button><Button kind="danger-fill" onClick={giveUp}>{t('goQueue:giveUp')}</Button></>}
      >
        <p>{t('goQueue:giveUpNote')}</p>
        <ErrorNotice error={error} />
      </Dialog>
    </>
  );
}

export const panels: Panel[] = [
  { slot: 'home', title: { zh: '我的号', en: 'My ticket' }, order: 1, Component: MaybeStrip },
  { slot: 'ticket', title: { zh: '我的号', en: 'My ticket' }, order: 1, Component: TicketView },
];
