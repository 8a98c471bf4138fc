/** From alarms and values to the one mark each device carries. Nothing to say, nothing shown: grey is well. */
import type { Alarm, EntityPoints, Kind, SceneDevice } from '@/shared/api/types';
import { URGENCY, type MarkState, type Priority } from '@/shared/components/marks';

export function isOpen(alarm: Alarm): boolean {
  return alarm.state !== 'closed';
}

/** The condition still stands, whoever has seen it. */
export function isActive(alarm: Alarm): boolean {
  return alarm.state === 'active' || alarm.state === 'acknowledged';
}

/** What to look at first: not yet acknowledged and still so, then over but not acknowledged, then the rest; by priority, newest first. */
export function inOrder(alarms: readonly Alarm[]): Alarm[] {
  const turn: Record<Alarm['state'], number> = { active: 0, 'cleared-unacked': 1, acknowledged: 2, closed: 3 };
  return [...alarms].sort((a, b) => turn[a.state] - turn[b.state] || a.priority - b.priority || b.raised_ms - a.raised_ms);
}

export function worst(states: Iterable<MarkState>): MarkState | null {
  const there = new Set(states);
  return URGENCY.find((state) => there.has(state)) ?? null;
}

/** A device is stale when everything it should tell is past its time to live; single old values are hatched in place. */
export function isDeviceStale(points: EntityPoints, kind: Kind, nowMs: number): boolean {
  const told = kind.points.map((point) => ({ value: points[point.name], ttlS: point.ttl_s })).filter((entry) => entry.value !== undefined);
  return told.length > 0 && told.every(({ value, ttlS }) => value !== undefined && nowMs - value[2] > ttlS * 1_000);
}

export function deviceStates(
  devices: readonly Pick<SceneDevice, 'id' | 'kind'>[],
  kinds: ReadonlyMap<string, Kind>,
  alarms: readonly Alarm[],
  entity: (id: string) => EntityPoints,
  isDrifting: (id: string) => boolean,
  nowMs: number,
): Map<string, MarkState> {
  const states = new Map<string, MarkState>();
  for (const device of devices) {
    const points = entity(device.id);
    const kind = kinds.get(device.kind);
    // Nobody can speak for it, since its gateway is gone; or nothing was ever heard of it.
    if (points.online?.[1] === 'bad' || Object.keys(points).length === 0) states.set(device.id, 'unknown');
    else if (points.online?.[0] === false) states.set(device.id, 'offline');
    else if (kind && isDeviceStale(points, kind, nowMs)) states.set(device.id, 'stale');
    else if (isDrifting(device.id)) states.set(device.id, 'drift');
  }
  const known = new Set(devices.map((device) => device.id));
  for (const alarm of alarms) {
    if (!isOpen(alarm) || !known.has(alarm.source)) continue;
    const before = states.get(alarm.source);
    // An offline device is told by its ring with a bar; the alarm about being offline adds nothing to it.
    if (before === 'offline' && alarm.type === 'offline' && alarm.priority > 1) continue;
    states.set(alarm.source, worst([alarm.priority as Priority, ...(before ? [before] : [])]) ?? alarm.priority);
  }
  return states;
}

export function sameMap<K, V>(a: ReadonlyMap<K, V>, b: ReadonlyMap<K, V>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
