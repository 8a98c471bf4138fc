/** The scale of the time line: which time it shows, where on it a moment stands, what a key does, what goes together. */
import { offsetMs } from '@/shared/console/moment';
import type { Priority } from '@/shared/components/marks';
import type { Mark } from './recorded';

const [S, MIN, H, D] = [1_000, 60_000, 3_600_000, 86_400_000];

export type Preset = '1h' | '8h' | '24h' | '7d' | '30d';
interface Scale {
  span: number;
  /** An arrow key, and a page key. */
  step: number;
  page: number;
  /** Between two written times. */
  tick: number;
}
export const SCALES: Record<Preset, Scale> = {
  '1h': { span: H, step: 10 * S, page: 5 * MIN, tick: 10 * MIN },
  '8h': { span: 8 * H, step: MIN, page: 30 * MIN, tick: H },
  '24h': { span: D, step: 5 * MIN, page: H, tick: 3 * H },
  '7d': { span: 7 * D, step: 30 * MIN, page: 6 * H, tick: D },
  '30d': { span: 30 * D, step: 2 * H, page: D, tick: 5 * D },
};
export const PRESETS = Object.keys(SCALES) as Preset[];

export interface Span {
  since: number;
  until: number;
}

/** Up to now; where the moment shown is older than that, with it in the middle. */
export function spanOf(preset: Preset, now: number, at: number | null): Span {
  const { span } = SCALES[preset];
  const until = at === null || at >= now - span ? now : Math.min(now, at + span / 2);
  return { since: until - span, until };
}

/** 0 at the left end, 1 at the right one; not beyond. */
export function shareOf(ms: number, { since, until }: Span): number {
  return Math.min(1, Math.max(0, (ms - since) / (until - since)));
}

/** So near to the right end of a line that ends now, now is meant. */
const SNAP = 0.006;
/** The moment at this share of the line; null: now. */
export function momentAt(share: number, span: Span, now: number): number | null {
  const ms = span.since + Math.min(1, Math.max(0, share)) * (span.until - span.since);
  return now - ms <= SNAP * (span.until - span.since) ? null : Math.round(ms);
}

/** Where a key leads from here (null: now); undefined: no key of ours. Home is the line's left end, End is now. */
export function keyMoment(key: string, preset: Preset, at: number | null, span: Span, now: number): number | null | undefined {
  const { step, page } = SCALES[preset];
  const by: Record<string, number> = { ArrowLeft: -step, ArrowDown: -step, ArrowRight: step, ArrowUp: step, PageDown: -page, PageUp: page };
  if (key === 'Home') return Math.round(span.since);
  if (key === 'End') return null;
  const way = by[key];
  if (way === undefined) return undefined;
  const ms = Math.round((at ?? now) + way);
  return ms >= now ? null : Math.max(0, ms);
}

/** Round times of the hall's own clock. */
export function ticksOf(preset: Preset, { since, until }: Span, timezone: string): number[] {
  const { tick } = SCALES[preset];
  const ticks: number[] = [];
  let local = Math.ceil((since + offsetMs(since, timezone)) / tick) * tick;
  for (;;) {
    const ms = local - offsetMs(local - offsetMs(since, timezone), timezone);
    if (ms > until) return ticks;
    if (ms >= since) ticks.push(ms);
    local += tick;
  }
}

/** What the recorded spans leave out of the time that is shown. */
export function unrecorded(spans: readonly (readonly [number, number])[], { since, until }: Span): Span[] {
  const gaps: Span[] = [];
  let at = since;
  for (const [from, to] of [...spans].sort((a, b) => a[0] - b[0])) {
    if (from > at && at < until) gaps.push({ since: at, until: Math.min(from, until) });
    at = Math.max(at, to);
  }
  if (at < until) gaps.push({ since: at, until });
  return gaps;
}

export interface Cluster {
  share: number;
  marks: Mark[];
  /** Of its most urgent alarm; null: none among them. */
  priority: Priority | null;
}
/** Marks that would lie on each other become one, which leads to its first most urgent one. */
export function clustersOf(marks: readonly Mark[], span: Span, widthShare: number): Cluster[] {
  const clusters: Cluster[] = [];
  for (const mark of [...marks].sort((a, b) => a.ts_ms - b.ts_ms)) {
    if (mark.ts_ms < span.since || mark.ts_ms > span.until) continue;
    const share = shareOf(mark.ts_ms, span);
    const last = clusters[clusters.length - 1];
    const cluster = last && share - last.share < widthShare ? last : { share, marks: [], priority: null };
    if (cluster !== last) clusters.push(cluster);
    cluster.marks.push(mark);
    if (mark.priority !== null && (cluster.priority === null || mark.priority < cluster.priority)) cluster.priority = mark.priority as Priority;
  }
  return clusters;
}
export function leadOf({ marks, priority }: Cluster): Mark | undefined {
  return marks.find((mark) => mark.priority === priority) ?? marks[0];
}

/** The last that had happened by then. */
export function lastBy(marks: readonly Mark[], at: number): Mark | null {
  return marks.reduce<Mark | null>((found, mark) => (mark.ts_ms <= at && (found === null || mark.ts_ms >= found.ts_ms) ? mark : found), null);
}
