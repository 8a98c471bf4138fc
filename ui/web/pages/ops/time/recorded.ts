/** What the hall recorded of a time: where it was recording, and what happened. Asked again as time goes on. */
import { useEffect, useState } from 'react';
import { api } from '@/shared/api/client';
import type { Text } from '@/shared/api/types';
import { useHallData } from '@/shared/console/data';
import { useText } from '@/shared/i18n';

export interface Mark {
  ts_ms: number;
  what: 'alarm' | 'event' | 'call' | 'command' | 'building';
  entity: string;
  label: Text;
  priority: number | null;
}
interface Recorded {
  spans: readonly [number, number][] | null;
  marks: readonly Mark[];
  /** There were more than are told. */
  more: boolean;
  error: unknown;
}

const RENEW_MS = 10_000;
const MARKS_MAX = 1_000;

export function useRecorded(sinceMs: number, untilMs: number): Recorded {
  const [told, setTold] = useState<Recorded>({ spans: null, marks: [], more: false, error: null });
  // In whole steps, the right end a step further: what has not come yet is not told.
  const since = Math.floor(sinceMs / RENEW_MS) * RENEW_MS;
  const until = Math.ceil(untilMs / RENEW_MS) * RENEW_MS;
  useEffect(() => {
    const stop = new AbortController();
    Promise.all([
      api.get<{ spans: [number, number][] }>('/history/recorded', { since, until }, stop.signal),
      api.get<{ marks: Mark[]; more: boolean }>('/history/marks', { since, until, limit: MARKS_MAX }, stop.signal),
    ]).then(
      ([{ spans }, { marks, more }]) => {
        // Numbers are called every minute: on this line they would hide everything else.
        setTold({ spans, marks: marks.filter((mark) => mark.what !== 'call'), more, error: null });
      },
      (error: unknown) => { if (!stop.signal.aborted) setTold((before) => ({ ...before, error })); },
    );
    return () => { stop.abort(); };
  }, [since, until]);
  return told;
}

/** `UPS-2 · 由电池供电` */
export function useMarkWords(): (mark: Mark) => string {
  const text = useText();
  const { deviceById } = useHallData();
  return (mark) => [text(deviceById.get(mark.entity)?.name), text(mark.label)].filter(Boolean).join(' · ');
}
