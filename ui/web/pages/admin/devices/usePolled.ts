/** What the hall answers, asked again every few seconds while somebody looks; what was known stays until there is more. */
import { useEffect, useState } from 'react';
import { useAnswer, type Answer } from '@/shared/api/useAnswer';

export function usePolled<T>(path: string | null, everyMs: number, query: Readonly<Record<string, string | number>> = {}): Answer<T> {
  const { data, error, again } = useAnswer<T>(path, query);
  const [kept, setKept] = useState<T | null>(null);
  if (data !== null && data !== kept) setKept(data);
  useEffect(() => {
    const timer = setInterval(() => { if (document.visibilityState === 'visible') again(); }, everyMs);
    return () => { clearInterval(timer); };
  }, [again, everyMs]);
  return { data: data ?? kept, error, again };
}
