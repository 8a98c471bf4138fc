/** Asks the hall once for each path, and again on demand; what was known stays while it is asked. */
import { useCallback, useEffect, useState } from 'react';
import { api } from '@/shared/api/client';

export interface Answer<T> {
  data: T | null;
  error: unknown;
  again: () => void;
}

export function useAnswer<T>(path: string | null, query: Record<string, string | number> = {}): Answer<T> {
  const asked = path === null ? null : JSON.stringify([path, query]);
  const [state, setState] = useState<{ asked: string | null; data: T | null; error: unknown }>({ asked: null, data: null, error: null });
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (asked === null) return;
    const stop = new AbortController();
    const [where, what] = JSON.parse(asked) as [string, Record<string, string | number>];
    api.get<T>(where, what, stop.signal).then(
      (data) => { setState({ asked, data, error: null }); },
      (error: unknown) => { if (!stop.signal.aborted) setState({ asked, data: null, error }); },
    );
    return () => { stop.abort(); };
  }, [asked, round]);
  const again = useCallback(() => { setRound((n) => n + 1); }, []);
  return state.asked === asked ? { data: state.data, error: state.error, again } : { data: null, error: null, again };
}
