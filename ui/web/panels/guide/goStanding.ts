/** How a queue stands, in one honest line: pure. */
import { rangeText } from '@/panels/queue/board';
import type { Queue } from '@/shared/api/types';

export type Standing = Pick<Queue, 'open_windows' | 'wait_min'> & { waiting: number | null };

/** Nobody serves, nobody waits, a range, or how many wait. */
export function standing({ open_windows, waiting, wait_min }: Standing): { word: string; values: Record<string, string | number> } {
  const n = waiting ?? 0;
  if (open_windows.length === 0) return { word: 'goGuide:stand.closed', values: {} };
  if (n === 0) return { word: 'goGuide:stand.free', values: {} };
  return wait_min ? { word: 'goGuide:stand.wait', values: { n, range: rangeText(wait_min) } } : { word: 'goGuide:stand.unknown', values: { n } };
}
