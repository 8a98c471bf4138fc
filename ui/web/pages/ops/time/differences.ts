/** What differs between two moments of the hall. */
import type { Kind, KindPoint, SceneDevice, Value } from '@/shared/api/types';

export interface PastValue {
  value: Value;
  quality: string;
  ts_ms: number;
}
export type PastEntities = Record<string, Record<string, PastValue>>;
export interface Moment {
  at_ms: number;
  known: boolean;
  entities: PastEntities;
}
export interface Difference {
  device: SceneDevice;
  point: KindPoint;
  /** null: nothing had been told by then. */
  before: Value;
  after: Value;
}

/** Words and switches first, then numbers, those that moved furthest over their own range first. */
export function differencesOf(a: Moment, b: Moment, devices: readonly SceneDevice[], kinds: ReadonlyMap<string, Kind>): Difference[] {
  const found: { difference: Difference; weight: number }[] = [];
  for (const device of devices) {
    const [then, later] = [a.entities[device.id] ?? {}, b.entities[device.id] ?? {}];
    for (const point of kinds.get(device.kind)?.points ?? []) {
      const [before, after] = [then[point.name]?.value ?? null, later[point.name]?.value ?? null];
      if (before !== after) found.push({ difference: { device, point, before, after }, weight: weightOf(before, after, point) });
    }
  }
  return found.sort((x, y) => y.weight - x.weight).map(({ difference }) => difference);
}

function weightOf(before: Value, after: Value, point: KindPoint): number {
  if (typeof before !== 'number' || typeof after !== 'number') return Infinity;
  const wide = point.range ? point.range[1] - point.range[0] : Math.max(Math.abs(before), Math.abs(after));
  return wide > 0 ? Math.abs(after - before) / wide : 0;
}
