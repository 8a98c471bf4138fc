/** Keeps a live connection to the hall: WebSocket for consoles, server-sent events for phones, kiosks and walls. */
import type { ServerMessage } from '@/shared/api/types';
import { backoffMs } from './backoff';
import { LiveStore } from './store';

export interface LiveOptions {
  /** ops, alert, hall, desk:A07, window:A07, ticket:TOKEN */
  view: string;
  transport: 'socket' | 'events';
  hz?: number;
  /** The server does not know us (any more): staff pages go to the login. */
  onRefused?: () => void;
}

const PING_MS = 15_000;
const STALE_AFTER_MS = 2 * PING_MS + 1_000;
const WATCH_MS = 1_000;
const REFUSED = new Set([401, 403]);

export interface LiveConnection {
  store: LiveStore;
  close: () => void;
}

export function connectLive(options: LiveOptions, store: LiveStore = new LiveStore()): LiveConnection {
  let stopped = false;
  let attempt = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let drop: () => void = () => undefined;

  const receive = (data: string): void => {
    const message = JSON.parse(data) as ServerMessage;
    if (message.type === 'problem') {
      if (REFUSED.has(message.status)) refuse();
      return;
    }
    attempt = 0;
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
    drop();
    drop = options.transport === 'socket' ? openSocket(options, store, receive, lost) : openEvents(options, receive, lost, () => { store.setState('offline'); });
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
    close: () => {
      stopped = true;
      clearTimeout(retry);
      clearInterval(watch);
      removeEventListener('online', online);
      removeEventListener('offline', offline);
      drop();
    },
  };
}

function openSocket(options: LiveOptions, store: LiveStore, receive: (data: string) => void, lost: () => void): () => void {
  const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/live`);
  socket.onopen = () => {
    const { view, hz = 4 } = options;
    const first = store.epoch === null ? { type: 'sub', view, hz } : { type: 'resume', view, hz, epoch: store.epoch, seq: store.seq };
    socket.send(JSON.stringify(first));
  };
  socket.onmessage = (event) => {
    receive(String(event.data));
  };
  socket.onclose = lost;
  return () => {
    socket.onclose = null;
    socket.close();
  };
}

function openEvents(options: LiveOptions, receive: (data: string) => void, lost: () => void, cut: () => void): () => void {
  // The browser itself re-opens after a cut, with Last-Event-ID; only a refused stream comes back here.
  const events = new EventSource(`/api/v1/live/sse?view=${encodeURIComponent(options.view)}`);
  events.onmessage = (event) => {
    receive(String(event.data));
  };
  events.onerror = () => {
    if (events.readyState === EventSource.CLOSED) lost();
    else cut();
  };
  return () => {
    events.close();
  };
}
