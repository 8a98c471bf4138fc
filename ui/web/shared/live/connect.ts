/** Keeps a live connection to the hall: WebSocket for consoles, server-sent events for phones, kiosks and walls. */
import type { ServerMessage } from '@/shared/api/types';
import { backoffMs } from './backoff';
import { LiveStore } from './store';

/** Where a replay begins, or begins again after a cut. */
export interface ReplayFrom {
  at: number;
  speed: number;
  paused: boolean;
}
export type ReplayControl = { at: number } | { speed: number } | { paused: boolean } | { to: 'next' | 'previous' };

export interface LiveOptions {
  /** ops, alert, alarms, hall, desk:A07, window:A07, ticket:TOKEN */
  view: string;
  transport: 'socket' | 'events';
  hz?: number;
  /** Tells this time instead of now. Sockets only. */
  replay?: ReplayFrom | null;
  /** The server does not know us (any more): staff pages go to the login. */
  onRefused?: () => void;
}

const PING_MS = 15_000;
const STALE_AFTER_MS = 2 * PING_MS + 1_000;
const WATCH_MS = 1_000;
const REFUSED = new Set([401, 403]);

export interface LiveConnection {
  store: LiveStore;
  replaying: boolean;
  /** Of a replay only. What is asked while it is cut off holds when it begins again. */
  steer: (control: ReplayControl) => void;
  close: () => void;
}

export function connectLive(options: LiveOptions, store: LiveStore = new LiveStore()): LiveConnection {
  let stopped = false;
  let attempt = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let line: Line = { drop: () => undefined, send: () => undefined };
  let from = options.replay ?? null;

  const receive = (data: string): void => {
    const message = JSON.parse(data) as ServerMessage;
    if (message.type === 'problem') {
      if (REFUSED.has(message.status)) refuse();
      else store.noteProblem(message);
      return;
    }
    attempt = 0;
    if (message.type === 'clock') from = { at: message.at_ms, speed: message.speed, paused: message.paused };
    store.apply(message, Date.now());
  };
  const refuse = (): void => {
    stopped = true;
    store.setState('offline');
    options.onRefused?.();
  };
  const lost = (): void => {
    if (stopped) return;
    store.setState('offline');
    clearTimeout(retry);
    retry = setTimeout(open, backoffMs(attempt++));
  };
  function open(): void {
    if (stopped) return;
    line.drop();
    // A ticket's view names its token: a socket's first message says it, an address of events would keep it.
    line = options.transport === 'socket' || options.view.startsWith('ticket:') ? openSocket({ ...options, replay: from }, store, receive, lost) : openEvents(options, receive, lost, () => { store.setState('offline'); });
  }

  const watch = setInterval(() => {
    if (store.state === 'live' && store.lastMessageMs !== null && Date.now() - store.lastMessageMs > STALE_AFTER_MS) {
      store.setState('stale');
    }
  }, WATCH_MS);
  const online = (): void => {
    if (store.state !== 'offline') return;
    clearTimeout(retry);
    open();
  };
  const offline = (): void => { store.setState('offline'); };
  addEventListener('online', online);
  addEventListener('offline', offline);
  open();

  return {
    store,
    replaying: from !== null,
    steer: (control) => {
      if (!from) return;
      if (!('to' in control)) from = { ...from, ...control };
      store.noteProblem(null);
      line.send(control);
    },
    close: () => {
      stopped = true;
      clearTimeout(retry);
      clearInterval(watch);
      removeEventListener('online', online);
      removeEventListener('offline', offline);
      line.drop();
    },
  };
}

interface Line {
  drop: () => void;
  send: (message: unknown) => void;
}

function openSocket(options: LiveOptions, store: LiveStore, receive: (data: string) => void, lost: () => void): Line {
  const { view, hz = 4, replay } = options;
  const query = replay ? `/replay?${new URLSearchParams({ view, at: String(Math.round(replay.at)), speed: String(replay.speed), paused: String(replay.paused) }).toString()}` : '';
  const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/live${query}`);
  const waiting: unknown[] = [];
  socket.onopen = () => {
    for (const message of waiting.splice(0)) socket.send(JSON.stringify(message));
    if (replay) return; // the address says it all
    const first = store.epoch === null ? { type: 'sub', view, hz } : { type: 'resume', view, hz, epoch: store.epoch, seq: store.seq };
    socket.send(JSON.stringify(first));
  };
  socket.onmessage = (event) => {
    receive(String(event.data));
  };
  socket.onclose = lost;
  return {
    drop: () => {
      socket.onclose = null;
      socket.onmessage = null;
      socket.close();
    },
    send: (message) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
      else if (socket.readyState === WebSocket.CONNECTING) waiting.push(message);
    },
  };
}

function openEvents(options: LiveOptions, receive: (data: string) => void, lost: () => void, cut: () => void): Line {
  // The browser itself re-opens after a cut, with Last-Event-ID; only a refused stream comes back here.
  const events = new EventSource(`/api/v1/live/sse?view=${encodeURIComponent(options.view)}`);
  events.onmessage = (event) => {
    receive(String(event.data));
  };
  events.onerror = () => {
    if (events.readyState === EventSource.CLOSED) lost();
    else cut();
  };
  return { drop: () => { events.close(); }, send: () => undefined };
}
