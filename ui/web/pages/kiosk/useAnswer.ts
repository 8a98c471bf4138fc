import { useCallback, useEffect, useState } from 'react';
import { api } from '@/shared/api/client';

export interface Answer<T> {
  data: T | null;
  error: unknown;
  again: () => void;
}

/** What the hall answers to one question; a newer question wins. `path` null: nothing is asked. */
export function useAnswer<T>(path: string | null, query: Readonly<Record<string, string | number>> = {}): Answer<T> {
  const asks = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)])).toString();
  const key = path === null ? null : asks ? `${path}?${asks}` : path;
  const [told, setTold] = useState<{ key: string; data: T | null; error: unknown } | null>(null);
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    if (key === null) return;
    const stop = new AbortController();
    api.get<T>(key, undefined, stop.signal).then(
      (data) => { setTold({ key, data, error: null }); },
      (error: unknown) => { if (!stop.signal.aborted) setTold({ key, data: null, error }); },
    );
    return () => { stop.abort(); };
  }, [key, asked]);
  const again = useCallback(() => { setAsked((n) => n + 1); }, []);
  const fresh = told !== null && told.key === key;
  return { data: fresh ? told.data : null, error: fresh ? told.error : null, again };
}
