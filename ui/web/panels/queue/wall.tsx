/** The hall's board: whom is called where, five queues, and a window's own screen. */
import { useEffect, useState } from 'react';
import { api } from '@/shared/api/client';
import type { Board, Call, Queue } from '@/shared/api/types';
import type { Panel } from '@/panels/panel';
import { useEntity, useCalls, useLiveStore } from '@/shared/live/hooks';
import { ENTITIES } from '@/shared/live/store';
import { addWords, useT, useText } from '@/shared/i18n';
import { Icon } from '@/shared/components/Icon';
import en from './wall.en.json';
import zh from './wall.zh.json';
import { freshCalls, longestQueues, queueOf, rangeText } from './board';
import './wall.css';

addWords('wall', { zh, en });
const CALLS_SHOWN = 5;
const QUEUES_SHOWN = 5;

/** The latest call, large, and the four before it. A wall speaks both languages at once. */
function Calls() {
  const calls = freshCalls(useCalls(), CALLS_SHOWN);
  const [first, ...before] = calls;
  return (
    <section className="calls" aria-live="assertive" aria-label="叫号 Calls">
      {first ? <NowCalling call={first} /> : <p className="calls-none">请留意叫号<br /><small lang="en">Calls appear here</small></p>}
      <ol>
        {before.map((call) => (
          <li key={call.n}>
            <b>{call.number}</b>
            <Icon name="right" />
            <b>{call.window}</b>
          </li>
        ))}
      </ol>
    </section>
  );
}

function NowCalling({ call }: { call: Call }) {
  const text = useText();
  return (
    <div key={call.n} className="calling" data-testid="now-calling">
      <p className="calling-words"><span>请 <i lang="en">Now calling</i></span><span>到窗口 <i lang="en">Window</i></span></p>
      <p className="calling-pair"><b>{call.number}</b><Icon name="right" /><b>{call.window}</b></p>
      <p className="calling-where">{call.floor} · {text(call.department_name)}</p>
    </div>
  );
}

/** The queues people wait in most; figures follow the feed, names come once. */
function Queues() {
  const [queues, setQueues] = useState<readonly Queue[]>([]);
  useEffect(() => {
    api.get<Board>('/queue/board').then((board) => { setQueues(board.queues); }, () => { setQueues([]); });
  }, []);
  const store = useLiveStore();
  const [, redraw] = useState(0);
  useEffect(() => store.subscribe(ENTITIES, () => { redraw((n) => n + 1); }), [store]);
  const shown = longestQueues(queues.map((queue) => queueOf(queue, store)), QUEUES_SHOWN);
  return (
    <section className="queues" aria-label="正在等候 Waiting now">
      <header><h2>正在等候<small lang="en">Waiting now</small></h2><span>人数</span><span>约需分钟</span></header>
      <ol>
        {shown.map((queue) => (
          <li key={queue.queue}>
            <span>
              <b>{queue.department_short.zh}</b>
              <small>{queue.open_windows.length ? queue.open_windows.join(' ') : '暂无窗口办理'}</small>
            </span>
            <b className="figure">{queue.waiting}</b>
            <b className="figure range">{rangeText(queue.wait_min)}</b>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** A window's screen: whom it wants, readable in amber alone. */
export function WindowScreen({ site, number }: { site: string; number: string }) {
  const t = useT();
  const points = useEntity(`${site}:window:${number}`);
  const called = String(points.called?.[0] ?? '');
  const open = points.open?.[0] === true;
  const words = called ? ['请', 'Please come'] : open ? ['请稍候', 'Please wait'] : ['暂停服务', 'Closed'];
  return (
    <main className="led" aria-live="assertive" aria-label={t('wall:screen', { number })}>
      <p className="led-window">{number}</p>
      <div className="led-call">
        {called && <b data-testid="led-number">{called}</b>}
        <p>{words[0]}<small lang="en">{words[1]}</small></p>
      </div>
    </main>
  );
}

export const panels: Panel[] = [
  { slot: 'main', title: { zh: '叫号', en: 'Calls' }, order: 1, Component: Calls },
  { slot: 'side', title: { zh: '正在等候', en: 'Waiting now' }, order: 1, Component: Queues },
];
