/** The queue on a kiosk: a ticket by department or item, the ticket itself, and who is being called. */
import { useState } from 'react';
import type { Panel } from '@/panels/panel';
import { Both } from '@/pages/kiosk/Both';
import { useKiosk } from '@/pages/kiosk/kiosk';
import { BigButton, Frame, RowButton, Scroller, Tile } from '@/pages/kiosk/parts';
import { useAnswer } from '@/shared/api/useAnswer';
import { api, newKey } from '@/shared/api/client';
import type { Board, ItemDetail, Queue, Ticket } from '@/shared/api/types';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import type { IconName } from '@/shared/components/icons';
import { addWords, getLang, useT, useText } from '@/shared/i18n';
import { useCalls } from '@/shared/live/hooks';
import { freshCalls, longestQueues, rangeText, windowsText } from './board';
import en from './kiosk.en.json';
import './kiosk.css';
import zh from './kiosk.zh.json';
import { TicketView } from './kioskTicket';
import { useQueues } from './kioskQueues';

addWords('kioskQueue', { zh, en });
const CALLS_SHOWN = 5;
const BUSIEST = 3;

const PROFILES: readonly { id: string; icon: IconName }[] = [
  { id: 'walk', icon: 'user' },
  { id: 'elder', icon: 'elder' },
  { id: 'wheelchair', icon: 'wheelchair' },
  { id: 'low-vision', icon: 'eye' },
  { id: 'pushchair', icon: 'nursery' },
];

function TakeTile() {
  const { move } = useKiosk();
  return <Tile word="kioskQueue:tile" icon="ticket" onPress={() => { move({ do: 'go', name: 'departments' }); }} />;
}

function Departments() {
  const t = useT();
  const { move } = useKiosk();
  const { queues, error, again } = useQueues();
  const sorted = [...queues].sort((a, b) => Number(b.open_windows.length > 0) - Number(a.open_windows.length > 0));
  return (
    <Frame word="kioskQueue:which" hint={t('kioskQueue:whichHint')}>
      <ErrorNotice error={error} onRetry={again} />
      <Scroller label={t('kioskQueue:which')}>
        <div className="list">
          {sorted.map((queue) => (
            <RowButton
              key={queue.queue} text={queue.department_name} off={queue.open_windows.length === 0} note={<QueueNote queue={queue} />}
              onPress={() => { move({ do: 'go', name: 'take', args: { department: queue.queue } }); }}
            />
          ))}
        </div>
      </Scroller>
    </Frame>
  );
}

function QueueNote({ queue }: { queue: Queue }) {
  const t = useT();
  if (queue.open_windows.length === 0) return <>{t('kioskQueue:closed')}</>;
  return <>{t('kioskQueue:waiting', { n: queue.waiting })}<br />{queue.wait_min ? t('kioskQueue:wait', { range: rangeText(queue.wait_min) }) : windowsText(queue.open_windows)}</>;
}

/** Who is it for: some need to sit, some a way without steps. Said by the visitor alone. */
function Take() {
  const t = useT();
  const text = useText();
  const { view, move } = useKiosk();
  const { item: code, department } = view.args;
  const item = useAnswer<ItemDetail>(code ? `/guide/items/${encodeURIComponent(code)}` : null);
  const { queues } = useQueues();
  const [key] = useState(newKey);
  const [profile, setProfile] = useState('walk');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const queue = queues.find((one) => one.queue === (department ?? item.data?.department));
  const closed = queue !== undefined && queue.open_windows.length === 0;
  const take = async () => {
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      const wish = { ...(code ? { item: code } : { department }), lang: getLang(), profile };
      const ticket = await api.post<Ticket>('/queue/tickets', wish, { 'Idempotency-Key': key });
      move({ do: 'restart', name: 'ticket', args: { token: ticket.token, profile } });
    } catch (reason) {
      setError(reason);
      setBusy(false);
    }
  };
  return (
    <Frame
      word="kioskQueue:take" hint={<Both text={item.data?.name ?? queue?.department_name ?? null} />}
      info={queue && <p className="take-now">{closed ? t('kioskQueue:closedLong') : <>{t('kioskQueue:windows', { windows: windowsText(queue.open_windows) })} · {t('kioskQueue:waiting', { n: queue.waiting })}{queue.wait_min && <> · {t('kioskQueue:wait', { range: rangeText(queue.wait_min) })}</>}</>}</p>}
      actions={<BigButton kind="primary" icon="ticket" word="kioskQueue:takeNow" disabled={busy || closed} aria-busy={busy} onClick={() => { void take(); }} />}
    >
      <ErrorNotice error={error} />
      <fieldset className="profiles">
        <legend><Both word="kioskQueue:care" /></legend>
        {PROFILES.map(({ id, icon }) => (
          <label key={id}>
            <input type="radio" name="profile" value={id} checked={profile === id} onChange={() => { setProfile(id); }} />
            <Icon name={icon} />
            <Both word={`kioskQueue:profile.${id}`} />
          </label>
        ))}
      </fieldset>
      <p className="quiet">{t('kioskQueue:careWhy')}{item.data && <span className="sr-only">{text(item.data.name)}</span>}</p>
    </Frame>
  );
}

function BoardTile() {
  const { move } = useKiosk();
  return <Tile word="kioskQueue:boardTile" icon="bell" onPress={() => { move({ do: 'go', name: 'board' }); }} />;
}

function BoardView() {
  const t = useT();
  const text = useText();
  const told = useAnswer<Board>('/queue/board');
  const live = useCalls();
  const calls = freshCalls([...(told.data?.calls ?? []), ...live], CALLS_SHOWN);
  const { queues } = useQueues();
  return (
    <Frame word="kioskQueue:board" hint={t('kioskQueue:boardHint')}>
      <ErrorNotice error={told.error} onRetry={told.again} />
      <Scroller label={t('kioskQueue:board')}>
        {calls.length === 0 && <p className="quiet">{t('kioskQueue:noCalls')}</p>}
        <ol className="called">
          {calls.map((call) => <li key={call.n}><b>{call.number}</b><Icon name="right" /><b>{call.window}</b><span>{text(call.department_name)}</span></li>)}
        </ol>
        <h2><Both word="kioskQueue:waitingNow" /></h2>
        <ul className="waits">
          {queues.filter((queue) => queue.open_windows.length > 0).map((queue) => (
            <li key={queue.queue}><Both text={queue.department_short} /><span>{t('kioskQueue:waiting', { n: queue.waiting })}</span><b className="nb">{queue.wait_min ? t('kioskQueue:wait', { range: rangeText(queue.wait_min) }) : ''}</b></li>
          ))}
        </ul>
        {queues.every((queue) => queue.open_windows.length === 0) && <p className="quiet">{t('kioskQueue:allClosed')}</p>}
      </Scroller>
    </Frame>
  );
}

/** The busiest queues, on the first screen. */
function WaitsNow() {
  const t = useT();
  const text = useText();
  const { queues } = useQueues();
  const shown = longestQueues(queues.filter((queue) => queue.open_windows.length > 0), BUSIEST);
  return (
    <ul className="waits-now" aria-label={t('kioskQueue:waitingNow')}>
      {shown.map((queue) => (
        <li key={queue.queue}><span>{text(queue.department_short)} {windowsText(queue.open_windows)}</span><b>{queue.wait_min ? t('kioskQueue:minutes', { range: rangeText(queue.wait_min) }) : t('kioskQueue:waiting', { n: queue.waiting })}</b></li>
      ))}
      {queues.length > 0 && shown.length === 0 && <li><span>{t('kioskQueue:allClosed')}</span></li>}
    </ul>
  );
}

export const panels: Panel[] = [
  { slot: 'now', title: { zh: '等候', en: 'Waiting' }, order: 2, Component: WaitsNow },
  { slot: 'tile', title: { zh: '取号', en: 'Take a ticket' }, order: 2, Component: TakeTile },
  { slot: 'tile', title: { zh: '现在叫到几号', en: 'Now called' }, order: 4, Component: BoardTile },
  { slot: 'view:departments', title: { zh: '选部门', en: 'Departments' }, Component: Departments },
  { slot: 'view:take', title: { zh: '取号', en: 'Take a ticket' }, Component: Take },
  { slot: 'view:ticket', title: { zh: '您的号', en: 'Your ticket' }, Component: TicketView },
  { slot: 'view:board', title: { zh: '现在叫到几号', en: 'Now called' }, Component: BoardView },
];
