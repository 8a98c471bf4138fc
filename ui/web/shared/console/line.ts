/** From what was recorded of a point to a line that can be drawn: gaps stay open, one wild value does not flatten the rest. */
import type { KindPoint } from '@/shared/api/types';

export interface Past {
  points: readonly (readonly [ts_ms: number, value: number | string | boolean])[];
  /** Where the hall was not recording. */
  gaps: readonly (readonly [from_ms: number, until_ms: number])[];
  /** Of what the points were gathered from; 0: they are the readings themselves. */
  step_ms: number;
}
export type Line = [ts_ms: number, value: number | null][];

/** A longer silence than this many times to live, or gathered steps, is a gap, never drawn through. */
const GAP_TIMES = 2;

export function lineOf({ points, gaps, step_ms }: Past, { ttl_s }: Pick<KindPoint, 'ttl_s'>): Line {
  const numbers = points.filter((entry): entry is readonly [number, number] => typeof entry[1] === 'number');
  const silentMs = GAP_TIMES * Math.max(ttl_s * 1_000, step_ms);
  return numbers.flatMap(([ts, value], i): Line => {
    const before = numbers[i - 1];
    const open = before && (ts - before[0] > silentMs || gaps.some(([from, until]) => from < ts && until > before[0]));
    return open ? [[before[0] + 1, null], [ts, value]] : [[ts, value]];
  });
}

const MARGIN = 0.05;
/** From the lowest to the highest believable value: what lies beyond the range its kind declares runs out of the picture. */
export function rangeOf(line: Line, { range }: Pick<KindPoint, 'range'>): [number, number] {
  const values = line.flatMap(([, value]) => (value === null ? [] : [value]));
  const good = range ? values.filter((value) => value >= range[0] && value <= range[1]) : values;
  const [low, high] = good.length > 0 ? [Math.min(...good), Math.max(...good)] : (range ?? [0, 1]);
  const margin = (high - low) * MARGIN || Math.abs(high) * MARGIN || 1;
  return [low - margin, high + margin];
}
