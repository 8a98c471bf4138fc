/** What the hall answers to one question: a newer question wins, and what was known stays while it is asked again. */
import { useCallback, useEffect, useState } from 'react';
import { api } from './client';

export interface Answer<T> {
  data: T | null;
  error: unknown;
  again: () => void;
}

/** `path` null: nothing is asked. */
export function useAnswer<T>(path: string | null, query: Readonly<Record<string, string | number>> = {}): Answer<T> {
  const asked = path === null ? null : JSON.stringify([path, query]);
  const [told, setTold] = useState<{ asked: string; data: T | null; error: unknown } | null>(null);
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (asked === null) return;
    const stop = new AbortController();
    const [where, what] = JSON.parse(asked) as [string, Record<string, string | number>];
    api.get<T>(where, what, stop.signal).then(
      (data) => { setTold({ asked, data, error: null }); },
      (error: unknown) => { if (!stop.signal.aborted) setTold({ asked, data: null, error }); },
    );
    return () => { stop.abort(); };
  }, [asked, round]);
  const again = useCallback(() => { setRound((n) => n + 1); }, []);
  const fresh = told !== null && told.asked === asked;
  return { data: fresh ? told.data : null, error: fresh ? told.error : null, again };
}
