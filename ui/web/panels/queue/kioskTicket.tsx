/** A ticket just taken: its number, its QR for the phone, the way. It follows the queue while somebody looks. */
import { Both } from '@/pages/kiosk/Both';
import { useKiosk } from '@/pages/kiosk/kiosk';
import { BigButton, Frame } from '@/pages/kiosk/parts';
import { useAnswer } from '@/shared/api/useAnswer';
import { useRoute, WayFloors, WayMap } from '@/panels/navigation/kioskPlan';
import type { Ticket } from '@/shared/api/types';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useLang, useT, useText } from '@/shared/i18n';
import { LiveProvider, useTicket } from '@/shared/live/hooks';
import { useWay } from '@/shared/way/useWay';
import { rangeText, windowsText } from './board';
import { ticketWords } from './kioskWords';
import { TicketQr } from './TicketQr';

export function TicketView() {
  const { view } = useKiosk();
  const token = view.args.token ?? '';
  return <LiveProvider view={`ticket:${token}`} transport="events"><Shown token={token} profile={view.args.profile ?? 'walk'} /></LiveProvider>;
}

function Shown({ token, profile }: { token: string; profile: string }) {
  const t = useT();
  const text = useText();
  const lang = useLang();
  const { move, building, scene } = useKiosk();
  const asked = useAnswer<Ticket>(`/queue/tickets/${token}`);
  const ticket = useTicket() ?? asked.data;
  const route = useRoute(ticket === null ? null : (ticket.called_window ?? `ticket:${token}`), profile);
  const way = useWay(route.data, scene.floors);
  if (!ticket) return <Frame word="kioskQueue:ticket.title"><ErrorNotice error={asked.error} onRetry={asked.again} /></Frame>;
  const { word, values } = ticketWords(ticket);
  const time = new Intl.DateTimeFormat(lang === 'zh' ? 'zh-CN' : 'en-GB', { hour: '2-digit', minute: '2-digit', hour12: false, timeZone: building.timezone }).format(ticket.issued_ms);
  return (
    <Frame
      word="kioskQueue:ticket.title" back={false}
      info={
        <div className="ticket">
          <p className="ticket-number" data-testid="ticket-number" aria-label={t('kioskQueue:ticket.number', { number: ticket.number })}>{ticket.number}</p>
          <div>
            <p className="ticket-state" role="status"><Both word={word} values={{ ...values, department: ticket.department_name }} /></p>
            {ticket.ahead !== null && <p className="ticket-range">{ticket.wait_min ? t('kioskQueue:ticket.range', { range: rangeText(ticket.wait_min) }) : t('kioskQueue:ticket.unknown')}</p>}
            <p>{text(ticket.item_name) || text(ticket.department_name)}{ticket.priority && <b className="ticket-priority">{t('kioskQueue:ticket.priority')}</b>}</p>
            <p className="quiet">{t('kioskQueue:ticket.windows', { windows: windowsText(ticket.open_windows.length > 0 ? ticket.open_windows : ticket.windows) })} · {t('kioskQueue:ticket.issued', { time })}</p>
          </div>
        </div>
      }
      actions={
        <>
          <BigButton icon="print" word="kioskQueue:ticket.print" onClick={() => { print(); }} />
          <BigButton icon="route" word="kioskWay:steps" onClick={() => { move({ do: 'go', name: 'way', args: { to: ticket.called_window ?? `ticket:${token}`, profile } }); }} />
          <BigButton kind="primary" icon="check" word="kioskQueue:ticket.done" onClick={() => { move({ do: 'home' }); }} />
        </>
      }
    >
      <div className="ticket-take">
        <TicketQr token={token} alt={t('kioskQueue:ticket.qrAlt', { number: ticket.number })} />
        <div><Both word="kioskQueue:ticket.qr" /><p className="quiet">{t('kioskQueue:ticket.qrMore')}</p></div>
      </div>
      {way ? <div className="ticket-way"><WayFloors way={way} /><WayMap way={way} /></div> : <div className="ticket-noway"><ErrorNotice error={route.error} onRetry={route.again} /></div>}
    </Frame>
  );
}
