/** A ticket that is called: the whole screen says where to go. And what comes after. */
import { useEffect } from 'react';
import { hashOf, useGo } from '@/pages/go/go';
import { GoActs } from '@/pages/go/GoActs';
import type { Ticket } from '@/shared/api/types';
import { Freshness } from '@/shared/components/Freshness';
import { Icon } from '@/shared/components/Icon';
import { useT, useText } from '@/shared/i18n';
import { isLive } from './goLogic';
import { ringCall } from './goRing';

export function Called({ ticket }: { ticket: Ticket }) {
  const t = useT();
  const text = useText();
  const { number, called_window: window, calls } = ticket;
  useEffect(() => { ringCall(); }, [calls]);
  useEffect(() => {
    const before = document.title;
    document.title = t('goQueue:titleCalled', { number, window });
    return () => { document.title = before; };
  }, [number, window, t]);
  return (
    <>
      <section className="go-called" role="alert">
        <p className="go-called-who"><b data-testid="ticket-number">{number}</b> {t('goQueue:yourTurn')}</p>
        <p>{t('goQueue:pleaseGo')}</p>
        <p className="go-window" data-testid="called-window">{window}</p>
        <p className="go-called-where">{t('goQueue:windowOn', { floor: ticket.called_floor })}</p>
        <p>{text(ticket.item_name ?? ticket.department_name)}</p>
      </section>
      <p className="go-called-when">{calls > 1 ? t('goQueue:calledTimes', { n: calls }) : t('goQueue:calledOnce')} · {ticket.called_ms !== null && <Freshness tsMs={ticket.called_ms} />}</p>
      <GoActs>
        <div className="go-acts"><a className="btn" data-size="large" href={hashOf('route', '', { to: window ?? '' })}><Icon name="route" />{t('goQueue:takeMe')}</a></div>
      </GoActs>
    </>
  );
}

export function Ended({ ticket }: { ticket: Ticket }) {
  const t = useT();
  const text = useText();
  const { setToken } = useGo();
  const { state } = ticket;
  const again = ticket.item ? hashOf('item', ticket.item) : hashOf('department', ticket.department);
  const forget = () => { setToken(null); };
  return (
    <>
      <section className="card go-ended" data-state={state} aria-live="polite">
        <p className="go-number" data-testid="ticket-number">{ticket.number}</p>
        <p>{text(ticket.item_name ?? ticket.department_name)}</p>
        <h2>{t(`goQueue:state.${state}`, { window: ticket.called_window })}</h2>
        <p>{t(`goQueue:after.${state}`)}</p>
      </section>
      {state === 'done' && <a className="btn go-wide" data-kind="primary" data-size="large" href={hashOf('rate', ticket.token)}><Icon name="star" />{t('goQueue:rate')}</a>}
      {(state === 'no_show' || state === 'cancelled') && <a className="btn go-wide" data-kind="primary" data-size="large" href={again} onClick={forget}><Icon name="ticket" />{t('goQueue:again')}</a>}
      {!isLive(ticket) && <a className="btn go-wide" data-size="large" href={hashOf('home')} onClick={forget}><Icon name="home" />{t('goQueue:home')}</a>}
    </>
  );
}
