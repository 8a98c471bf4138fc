/** The hall's board: whom is called where, five queues, and a window's own screen. */
import { useEffect, useState } from 'react';
import { api } from '@/shared/api/client';
import type { Board, Call, Queue } from '@/shared/api/types';
import type { Panel } from '@/panels/panel';
import { useEntity, useCalls, useLiveStore } from '@/shared/live/hooks';
import { backoffMs } from '@/shared/live/backoff';
import { ENTITIES } from '@/shared/live/store';
import { addWords, useT, useText } from '@/shared/i18n';
import { Icon } from '@/shared/components/Icon';
import en from './wall.en.json';
import zh from './wall.zh.json';
import { freshCalls, longestQueues, queueOf, rangeText, screenState, type ScreenState, windowsText } from './board';
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

/** Names of the queues come once; their figures follow the feed. A server that starts later than the wall is asked again. */
function useQueues(): readonly Queue[] {
  const [queues, setQueues] = useState<readonly Queue[]>([]);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let again: ReturnType<typeof setTimeout> | undefined;
    api.get<Board>('/queue/board').then(
      (board) => { setQueues(board.queues); },
      () => { again = setTimeout(() => { setAttempt((n) => n + 1); }, backoffMs(attempt)); },
    );
    return () => { clearTimeout(again); };
  }, [attempt]);
  return queues;
}

/** The queues people wait in most. */
function Queues() {
  const queues = useQueues();
  const store = useLiveStore();
  const [, redraw] = useState(0);
  useEffect(() => store.subscribe(ENTITIES, () => { redraw((n) => n + 1); }), [store]);
  const shown = longestQueues(queues.map((queue) => queueOf(queue, store)), QUEUES_SHOWN);
  return (
    <section className="queues" aria-label="正在等候 Waiting now">
      <header>
        <h2>正在等候<small lang="en">Waiting now</small></h2>
        <span>人数<small lang="en">people</small></span>
        <span>约需分钟<small lang="en">minutes</small></span>
      </header>
      <ol>
        {shown.map((queue) => (
          <li key={queue.queue}>
            <span>
              <b>{queue.department_short.zh}</b> <small className="other" lang="en">{queue.department_short.en}</small>
              <small>{queue.open_windows.length ? windowsText(queue.open_windows) : <>暂无窗口办理 <i lang="en">closed</i></>}</small>
            </span>
            <b className="figure">{queue.waiting}</b>
            {queue.wait_min ? <b className="figure range">{rangeText(queue.wait_min)}</b> : <span className="unknown">还不能确定<i lang="en">not known yet</i></span>}
          </li>
        ))}
      </ol>
    </section>
  );
}

const SAYS: Record<ScreenState, readonly [zh: string, en: string]> = {
  called: ['请到本窗口', 'Please come here'],
  serving: ['正在办理', 'Being served'],
  free: ['请稍候', 'Please wait'],
  paused: ['暂停片刻', 'Back soon'],
  closed: ['暂停服务', 'Closed'],
};

/** A window's screen: whom it wants. Everything is told by words and size, so that amber alone is enough. */
export function WindowScreen({ site, number }: { site: string; number: string }) {
  const t = useT();
  const points = useEntity(`${site}:window:${number}`);
  const queue = useQueues().find((candidate) => candidate.windows.includes(number));
  const state = screenState(points);
  const called = String(points.called?.[0] ?? '');
  const waiting = points.waiting?.[0];
  const [zh, en] = SAYS[state];
  return (
    <main className="led" data-state={state} aria-live="assertive" aria-label={t('wall:screen', { number })}>
      <div className="led-own"><span>窗口 <i lang="en">Window</i></span><h1>{number}</h1></div>
      <div className="led-call">
        {called && <b key={called} data-testid="led-number">{called}</b>}
        <p>{zh} <i lang="en">{en}</i></p>
      </div>
      <div className="led-more">
        <span>{queue?.department_short.zh}<i lang="en">{queue?.department_short.en}</i></span>
        {typeof waiting === 'number' && state !== 'closed' && <span>等候 <b>{waiting}</b> 人<i lang="en">waiting</i></span>}
      </div>
    </main>
  );
}

export const panels: Panel[] = [
  { slot: 'main', title: { zh: '叫号', en: 'Calls' }, order: 1, Component: Calls },
  { slot: 'side', title: { zh: '正在等候', en: 'Waiting now' }, order: 1, Component: Queues },
];
