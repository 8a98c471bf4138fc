import { describe, expect, it, vi } from 'vitest';
import type { Alarm, Desired } from '@/shared/api/types';
import { drifts } from '@/shared/console/drift';
import { backoffMs } from './backoff';
import { ALARMS, DESIRED, LiveStore, REPLAY } from './store';

const UPS = 'hall:device:UPS-2';
const alarm = (id: string, priority: 1 | 2 | 3 | 4, state: Alarm['state'] = 'active') => ({ id, priority, state, raised_ms: Number(id) }) as Alarm;
const hello = { type: 'hello', epoch: 'e1', seq: 5, proto: 1, now_ms: 2_000 } as const;

describe('LiveStore', () => {
  it('keeps the newest value of each point and leaves the others alone', () => {
    const store = new LiveStore();
    store.apply({ type: 'snap', seq: 6, building: null, entities: { [UPS]: { load: [40, 'good', 1], battery: [100, 'good', 1] } } }, 0);
    store.apply({ type: 'delta', seq: 7, entities: { [UPS]: { load: [47, 'good', 2] } } }, 0);
    expect(store.entity(UPS)).toEqual({ load: [47, 'good', 2], battery: [100, 'good', 1] });
    expect(store.seq).toBe(7);
  });

  it('forgets with a new snapshot what the hall no longer knows', () => {
    const store = new LiveStore();
    store.apply({ type: 'snap', seq: 1, building: null, entities: { gone: { x: [1, 'good', 1] } } }, 0);
    store.apply({ type: 'snap', seq: 2, building: null, entities: { [UPS]: { load: [1, 'good', 1] } } }, 0);
    expect(store.entity('gone')).toEqual({});
  });

  it('wakes only those who read what changed', () => {
    const store = new LiveStore();
    const [ups, door, alarms] = [vi.fn(), vi.fn(), vi.fn()];
    store.subscribe(UPS, ups);
    store.subscribe('hall:device:DOOR-1', door);
    store.subscribe(ALARMS, alarms);
    store.apply({ type: 'delta', seq: 1, entities: { [UPS]: { load: [1, 'good', 1] } } }, 0);
    expect([ups.mock.calls.length, door.mock.calls.length, alarms.mock.calls.length]).toEqual([1, 0, 0]);
  });

  it('says that what it shows is old while its server hears nothing of the hall', () => {
    const store = new LiveStore();
    store.apply(hello, 0);
    store.apply({ type: 'stale', since_ms: 7 }, 0);
    store.apply({ type: 'ping', now_ms: 8 }, 0);
    expect(store.state).toBe('stale');
    store.apply({ type: 'stale', since_ms: null }, 0);
    expect(store.state).toBe('live');
    store.apply({ type: 'stale', since_ms: 9 }, 0);
    store.apply(hello, 0);
    expect(store.state).toBe('live');
  });

  it('puts the most urgent alarm first, the newest first among equals', () => {
    const store = new LiveStore();
    for (const [n, one] of [alarm('1', 3), alarm('2', 1), alarm('3', 3)].entries()) store.apply({ type: 'alarm', seq: n, n, alarm: one }, 0);
    expect(store.alarms().map((one) => one.id)).toEqual(['2', '3', '1']);
  });

  it('reads ages by the hall\'s clock, not by its own', () => {
    const store = new LiveStore();
    store.apply(hello, 500);
    expect(store.clockOffsetMs).toBe(1_500);
  });
});

describe('what is wanted', () => {
  const wish = (value: string | null, standing: Desired['standing'] = 'differs', point = 'text') => ({ entity: UPS, point, value, standing, since_ms: 1, away_ms: 2, by: 'user:1', command: 'c' });
  const snap = { type: 'snap', seq: 1, building: null, entities: {} } as const;

  it('stands by point until nothing is wanted of it any more', () => {
    const store = new LiveStore();
    const changed = vi.fn();
    store.subscribe(DESIRED, changed);
    store.apply({ ...snap, desired: [wish('A'), wish('on', 'as_wanted', 'power')] }, 0);
    expect(drifts(store.desired(UPS))).toBe(true);
    store.apply({ type: 'desired', seq: 2, n: 1, desired: wish(null, 'none') }, 0);
    expect(Object.keys(store.desired(UPS))).toEqual(['power']);
    expect(drifts(store.desired(UPS))).toBe(false);
    expect(changed).toHaveBeenCalledTimes(2);
  });

  it('is not what another picture knew: a replay tells nothing of it', () => {
    const store = new LiveStore();
    store.apply({ ...snap, desired: [wish('A')] }, 0);
    store.apply({ ...snap, seq: 2 }, 0);
    expect(store.desired(UPS)).toEqual({});
  });
});

describe('backoffMs', () => {
  it('grows from half a second to fifteen and never waits longer', () => {
    const longest = [0, 1, 2, 3, 4, 5, 20].map((attempt) => backoffMs(attempt, () => 1));
    expect(longest).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  });
  it('spreads clients out, but lets none try again at once', () => {
    expect(backoffMs(3, () => 0)).toBe(1_000);
  });
});

describe('a replay in the same store', () => {
  const replaying = () => {
    const store = new LiveStore();
    store.apply(hello, 500);
    store.apply({ ...hello, now_ms: 1_000, replay: true }, 600);
    return store;
  };
  it('shows its own time, and the hall\'s again after it', () => {
    const store = replaying();
    store.apply({ type: 'clock', at_ms: 1_000, speed: 60, paused: false, known: true }, 600);
    expect([store.nowMs(600), store.nowMs(700)]).toEqual([1_000, 7_000]);
    store.apply({ type: 'ping', now_ms: 5 }, 700);
    store.apply(hello, 800);
    expect([store.replay, store.nowMs(800)]).toEqual([null, 2_000]);
  });
  it('stands while it is paused, and soon when nothing more is heard of it', () => {
    const store = replaying();
    store.apply({ type: 'clock', at_ms: 1_000, speed: 10, paused: true, known: true }, 600);
    expect(store.nowMs(99_999)).toBe(1_000);
    store.apply({ type: 'clock', at_ms: 1_000, speed: 10, paused: false, known: true }, 600);
    expect(store.nowMs(99_999)).toBe(11_000);
  });
  it('is no place in the live feed to resume from', () => {
    expect(replaying().epoch).toBeNull();
  });
  it('wakes those who read the time', () => {
    const store = replaying();
    const woken = vi.fn();
    store.subscribe(REPLAY, woken);
    store.apply({ type: 'clock', at_ms: 1_000, speed: 1, paused: true, known: false }, 600);
    expect([woken.mock.calls.length, store.replay?.known]).toEqual([1, false]);
  });
});
