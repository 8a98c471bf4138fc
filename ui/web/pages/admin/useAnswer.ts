import { useCallback, useEffect, useState } from 'react';
import { api } from '@/shared/api/client';

/** One GET, with its error and a way to ask again. */
export function useAnswer<T>(path: string, query?: Record<string, string | number>): { answer: T | null; error: unknown; again: () => void } {
  const [answer, setAnswer] = useState<T | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [round, setRound] = useState(0);
  const asked = JSON.stringify(query ?? {});
  useEffect(() => {
    const stop = new AbortController();
    api.get<T>(path, JSON.parse(asked) as Record<string, string>, stop.signal).then(
      (next) => {
        setAnswer(next);
        setError(null);
      },
      (reason: unknown) => { if (!stop.signal.aborted) setError(reason); },
    );
    return () => { stop.abort(); };
  }, [path, asked, round]);
  const again = useCallback(() => { setRound((before) => before + 1); }, []);
  return { answer, error, again };
}
