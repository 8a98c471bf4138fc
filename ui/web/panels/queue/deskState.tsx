/** A window as its clerk works at it: what it is now, one request at a time, and the keys. */
import { createContext, useCallback, useContext, useEffect, useRef, useState, type ReactNode } from 'react';
import { ApiError, api, toLogin } from '@/shared/api/client';
import type { DeskWindow } from '@/shared/api/types';
import { useLiveStore } from '@/shared/live/hooks';
import { STATUS } from '@/shared/live/store';
import { screenPending, type Step } from './deskLogic';

export interface Desk {
  window: DeskWindow;
  me: string;
  site: string;
  timezone: string;
  /** Ids of staff to their names. */
  names: Readonly<Record<string, string>>;
  /** A request runs, or one has only just ended: a second press of the same key is not a second wish. */
  busy: boolean;
  error: unknown;
  run: (steps: readonly Step[]) => Promise<void>;
  transfer: (department: string, why: string) => Promise<boolean>;
  forgetError: () => void;
}

const DeskContext = createContext<Desk | null>(null);
const REST_MS = 500;
const SETTLE_MS = 120;
const POLL_MS = 20_000;
const SCREEN_MS = 1_500;

interface Props {
  number: string;
  me: string;
  site: string;
  timezone: string;
  names: Readonly<Record<string, string>>;
  /** Shown until the window is known; `error` when it cannot be. */
  waiting: (error: unknown) => ReactNode;
  children: ReactNode;
}

export function DeskProvider({ number, me, site, timezone, names, waiting, children }: Props) {
  const [window, setWindow] = useState<DeskWindow | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const running = useRef(false);
  const store = useLiveStore();
  const path = `/queue/windows/${encodeURIComponent(number)}`;

  const failed = useCallback((reason: unknown) => {
    if (reason instanceof ApiError && reason.status === 401) toLogin();
    else setError(reason);
  }, []);

  const read = useCallback(async () => {
    if (running.current) return;
    try {
      const told = await api.get<DeskWindow>(path);
      // A request that began meanwhile knows better than what we asked before it.
      if (!running.current) setWindow(told);
    } catch (reason) {
      failed(reason);
    }
  }, [path, failed]);

  useEffect(() => {
    let settle: ReturnType<typeof setTimeout> | undefined;
    const changed = () => {
      clearTimeout(settle);
      settle = setTimeout(() => { void read(); }, SETTLE_MS);
    };
    changed();
    const topics = [`${site}:window:${number}`, STATUS, ...(window ? [`${site}:queue:${window.queue}`] : [])];
    const stops = topics.map((topic) => store.subscribe(topic, changed));
    const poll = setInterval(changed, POLL_MS);
    return () => {
      clearTimeout(settle);
      clearInterval(poll);
      for (const stop of stops) stop();
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only the queue's key matters of the window
  }, [read, store, site, number, window?.queue]);

  const pending = screenPending(window?.screen ?? null);
  useEffect(() => {
    if (!pending) return;
    const timer = setInterval(() => { void read(); }, SCREEN_MS);
    return () => { clearInterval(timer); };
  }, [pending, read]);

  const once = useCallback(async (work: () => Promise<void>): Promise<boolean> => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setError(null);
    try {
      await work();
      return true;
    } catch (reason) {
      failed(reason);
      return false;
    } finally {
      setTimeout(() => {
        running.current = false;
        setBusy(false);
        void read();
      }, REST_MS);
    }
  }, [failed, read]);

  const run = useCallback(async (steps: readonly Step[]) => {
    await once(async () => {
      for (const step of steps) {
        const told = await api.post<DeskWindow>(`${path}/${step}`);
        setWindow(told);
        if (step === 'finish' && told.waiting === 0) break;
      }
    });
  }, [once, path]);

  const transfer = useCallback(
    (department: string, why: string) => once(async () => {
      setWindow(await api.post<DeskWindow>(`${path}/transfer`, { department, ...(why.trim() && { why: why.trim() }) }));
    }),
    [once, path],
  );
  const forgetError = useCallback(() => { setError(null); }, []);

  if (!window) return <>{waiting(error)}</>;
  return <DeskContext value={{ window, me, site, timezone, names, busy, error, run, transfer, forgetError }}>{children}</DeskContext>;
}

export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error('outside of a DeskProvider');
  return desk;
}

/** Keys of the whole page. A button that was reached by keyboard keeps its own Space; typing and dialogs keep theirs. */
export function useKeys(keys: Readonly<Record<string, () => void>>): void {
  const newest = useRef(keys);
  useEffect(() => { newest.current = keys; });
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
      const target = event.target instanceof Element ? event.target : null;
      if (target?.closest('input:not([type=checkbox]), textarea, select, dialog')) return;
      if (event.key === ' ' && target?.matches('input, button:focus-visible, a:focus-visible')) return;
      const action = newest.current[event.key.toLowerCase()];
      if (!action) return;
      event.preventDefault();
      action();
    };
    addEventListener('keydown', pressed);
    return () => { removeEventListener('keydown', pressed); };
  }, []);
}
