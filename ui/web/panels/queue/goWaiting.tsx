/** A ticket that waits: how many, how long, when to set out, and the way. */
import { useState } from 'react';
import { hashOf, phone, useGo } from '@/pages/go/go';
import { GoActs } from '@/pages/go/GoActs';
import { floorOf, useHall } from '@/pages/go/goHall';
import { useKept } from '@/pages/go/goKept';
import { api } from '@/shared/api/client';
import type { Route, Ticket } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { Dialog } from '@/shared/components/Dialog';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { RangeBar } from '@/shared/components/RangeBar';
import { useT, useText } from '@/shared/i18n';
import { useLiveState, useNow } from '@/shared/live/hooks';
import { rangeText, windowsText } from './board';
import { axisEndMin, setOutInMin } from './goLogic';
import { Range } from './goNow';
import { canRing, ringOff, ringOn, ringsNow } from './goRing';
import { TicketQr } from './TicketQr';

export function Waiting({ ticket }: { ticket: Ticket }) {
  const t = useT();
  const text = useText();
  const { elder } = useGo();
  const live = useLiveState() === 'live';
  const number = ticket.number;
  return (
    <>
      <section className="card go-card" aria-label={t('goQueue:yours', { number })}>
        <div className="go-card-head">
          <div>
            <p>{text(ticket.item_name ?? ticket.department_name)}</p>
            <p className="go-number" data-testid="ticket-number">{number}</p>
            <p className="go-sub"><Where ticket={ticket} /></p>
          </div>
          <figure className="go-qr">
            <TicketQr token={ticket.token} alt={t('goQueue:qrAlt', { number })} size={96} />
            <figcaption>{t('goQueue:qr')}</figcaption>
          </figure>
        </div>
        {ticket.state === 'transferred' && <p className="go-moved"><Icon name="info" />{t('goQueue:moved')}</p>}
        <dl className="go-now" aria-live="polite">
          <div><dt>{t('goQueue:aheadLabel')}</dt><dd><b>{ticket.ahead ?? 0}</b> {t('goQueue:people')}</dd></div>
          <Range label={t('goQueue:waitLabel')} range={ticket.wait_min} />
        </dl>
        {ticket.wait_min ? <Axis range={ticket.wait_min} /> : <p className="note">{t('goQueue:whyUnknown')}</p>}
        {live && <p className="go-live"><i aria-hidden="true" />{t('goQueue:live')}</p>}
      </section>
      <Advice ticket={ticket} />
      {elder && <GiveUp ticket={ticket} />}
      <GoActs>
        <div className={elder ? 'go-acts' : 'go-acts go-acts-ticket'}>
          {!elder && <GiveUp ticket={ticket} />}
          <a className="btn" data-kind="mine" data-size="large" href={hashOf('route', '', { to: `ticket:${ticket.token}` })}><Icon name="route" />{t('goQueue:takeMe')}</a>
        </div>
      </GoActs>
    </>
  );
}

function Where({ ticket }: { ticket: Ticket }) {
  const t = useT();
  if (ticket.open_windows.length === 0) return <>{t('goQueue:paused')}</>;
  return <>{t('goQueue:windows', { windows: windowsText(ticket.open_windows) })}</>;
}

/** The band's width is the uncertainty. */
function Axis({ range }: { range: readonly number[] }) {
  const t = useT();
  const [low = 0, high = 0] = range;
  const end = axisEndMin(high);
  const at = (value: number) => ({ left: `${String((value / end) * 100)}%` });
  return (
    <div className="go-axis">
      <RangeBar low={low} high={high} max={end} label={t('goQueue:rangeLabel', { range: rangeText(range) })} />
      <p aria-hidden="true"><span>{t('goQueue:fromNow')}</span>{low > end * 0.16 && <span style={at(low)}>{low}</span>}<span style={at(high)}>{high}</span>{high < end * 0.8 && <span>{end}</span>}</p>
      <p className="note">{t('goQueue:honest')}</p>
    </div>
  );
}

/** When to set out, and that one will be called. */
function Advice({ ticket }: { ticket: Ticket }) {
  const t = useT();
  const text = useText();
  const { building } = useGo();
  const now = useNow(10_000);
  const { data: hall } = useHall();
  const { data: route } = useKept<Route>('/routes', { from: phone.place(), to: `ticket:${ticket.token}`, profile: phone.profile() ?? 'walk' });
  const inMin = route ? setOutInMin(ticket.wait_min, route.duration_s) : null;
  const time = new Intl.DateTimeFormat('en-GB', { timeZone: building.timezone, hour: '2-digit', minute: '2-digit' }).format(now + (inMin ?? 0) * 60_000);
  const floor = floorOf(hall, route?.goal.floor ?? null);
  return (
    <ul className="card go-advice">
      {route && (
        <li>
          <Icon name="walk" />
          <span>
            <b>{inMin === null ? t('goQueue:goWait', { floor: text(floor?.name) }) : inMin >= 2 ? t('goQueue:notBefore', { time }) : t('goQueue:goNow', { floor: text(floor?.name) })}</b>
            <span className="note">{t(phone.place() === 'OUT' ? 'goQueue:walkFromDoor' : 'goQueue:walk', { n: Math.max(1, Math.ceil(route.duration_s / 60)) })}</span>
          </span>
        </li>
      )}
      <li>
        <Icon name="bell" />
        <span><b>{t('goQueue:willTell')}</b><span className="note">{t('goQueue:willTellNote')}</span></span>
        {canRing() && <Ring />}
      </li>
      {ticket.item && <li><Icon name="document" /><span><b>{t('goQueue:papers')}</b></span><a className="btn" href={hashOf('item', ticket.item)}>{t('goQueue:look')}</a></li>}
    </ul>
  );
}

function Ring() {
  const t = useT();
  const [on, setOn] = useState(ringsNow);
  const turn = () => {
    if (on) ringOff();
    else ringOn();
    setOn(!on);
  };
  return <Button icon={on ? 'sound' : 'sound_off'} aria-pressed={on} onClick={turn}>{t('goQueue:ring')}</Button>;
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
        open={open} title={t('goQueue:giveUpSure', { number: ticket.number })} onClose={() => { setOpen(false); }}
        actions={<><Button onClick={() => { setOpen(false); }}>{t('goQueue:keep')}</Button><Button kind="danger-fill" onClick={giveUp}>{t('goQueue:giveUpYes')}</Button></>}
      >
        <p>{t('goQueue:giveUpNote')}</p>
        <ErrorNotice error={error} />
      </Dialog>
    </>
  );
}
