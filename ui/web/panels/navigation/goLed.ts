/** Led along a way: the hall says when it becomes another, and why. After a cut it is asked anew. */
import { useEffect, useRef, useState } from 'react';
import { api, ApiError, follow, withTicket } from '@/shared/api/client';
import type { Trip } from '@/shared/api/types';
import { backoffMs } from '@/shared/live/backoff';

export interface Wish {
  from: string;
  to: string;
  profile: string;
}
/** The secret is kept nowhere but here: who loads the page anew begins a new trip. */
interface Held {
  token: string;
  trip: Trip;
}
const ENDED = 404;

const shown = (token: string): Record<string, string> => ({ 'X-Trip': token });

async function rest(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', () => { clearTimeout(timer); done(); }, { once: true });
  });
}

async function lead(wish: Wish, hold: (held: Held) => void, signal: AbortSignal): Promise<void> {
  let token: string | null = null;
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      if (token === null) {
        const { query, headers } = withTicket('/trips', { ...wish });
        const begun: Trip & { token: string } = await api.post<Trip & { token: string }>('/trips', query, headers);
        token = begun.token;
        hold({ token, trip: begun });
      }
      for await (const trip of follow<Trip>('/trips/mine/live', shown(token), signal)) {
        attempt = 0;
        if (trip.state === 'ended') token = null;
        else hold({ token, trip });
        if (token === null) break;
      }
    } catch (error) {
      if (error instanceof ApiError && error.status === ENDED) token = null;
    }
    await rest(backoffMs(attempt), signal);
  }
  if (token !== null) await api.delete('/trips/mine', shown(token)).catch(() => undefined);
}

/** Null: not led yet. `onStep` tells how far somebody is, so that another way begins there. */
export function useLed(wish: Wish, goal: string | null): { trip: Trip | null; onStep: (step: number) => void } {
  const asked = goal ? JSON.stringify([wish, goal]) : null;
  const [held, setHeld] = useState<(Held & { asked: string }) | null>(null);
  const now = useRef(held);
  useEffect(() => {
    if (asked === null) return;
    const stop = new AbortController();
    const hold = (next: Held) => {
      if (stop.signal.aborted) return;
      now.current = { ...next, asked };
      setHeld(now.current);
    };
    const [what] = JSON.parse(asked) as [Wish];
    void lead(what, hold, stop.signal);
    return () => { stop.abort(); };
  }, [asked]);
  const onStep = (step: number): void => {
    const { current } = now;
    if (current?.asked === asked) void api.patch('/trips/mine', { revision: current.trip.revision, step }, shown(current.token)).catch(() => undefined);
  };
  return { trip: held?.asked === asked ? held.trip : null, onStep };
}
