import { describe, expect, it } from 'vitest';
import type { Alarm, EntityPoints, Kind, SceneDevice } from '@/shared/api/types';
import { deviceStates, inOrder, worst } from './states';

const CAMERA = { id: 'hall:device:CAM-1', kind: 'camera' } as SceneDevice;
const KINDS = new Map([['camera', { kind: 'camera', points: [{ name: 'people', ttl_s: 60 }] } as Kind]]);
const alarm = (priority: 1 | 2 | 3 | 4, type: string, state: Alarm['state'] = 'active') => ({ source: CAMERA.id, priority, type, state }) as Alarm;
const look = (points: EntityPoints, alarms: Alarm[] = [], now = 0, drifting = false) => deviceStates([CAMERA], KINDS, alarms, () => points, () => drifting, now).get(CAMERA.id);

describe('deviceStates', () => {
  it('shows nothing on a device that is well', () => {
    expect(look({ online: [true, 'good', 0], people: [3, 'good', 0] })).toBeUndefined();
  });
  it('shows the ring with a bar when it is offline, even with its own offline alarm', () => {
    expect(look({ online: [false, 'good', 0] }, [alarm(3, 'offline')])).toBe('offline');
  });
  it('says that nobody knows of what stands behind a gateway that is gone', () => {
    expect(look({ online: [false, 'bad', 0] })).toBe('unknown');
  });
  it('says so where nothing was ever heard of a device', () => {
    expect(look({})).toBe('unknown');
  });
  it('shows any other alarm before being offline', () => {
    expect(look({ online: [false, 'good', 0] }, [alarm(2, 'tampered')])).toBe(2);
  });
  it('shows age once everything it tells is past its time to live', () => {
    expect(look({ people: [3, 'good', 0] }, [], 60_000)).toBeUndefined();
    expect(look({ people: [3, 'good', 0] }, [], 60_001)).toBe('stale');
  });
  it('shows that it is not as wanted where nothing more urgent is to be said', () => {
    expect(look({ online: [true, 'good', 0], people: [3, 'good', 0] }, [], 0, true)).toBe('drift');
    expect(look({ online: [false, 'good', 0] }, [], 0, true)).toBe('offline');
    expect(look({ online: [true, 'good', 0] }, [alarm(2, 'tampered')], 0, true)).toBe(2);
  });
  it('forgets alarms that are over', () => {
    expect(look({ online: [true, 'good', 0] }, [alarm(1, 'tampered', 'closed')])).toBeUndefined();
  });
});

describe('worst', () => {
  it('goes by urgency, and finds nothing in nothing', () => {
    expect(worst(['stale', 4, 'offline', 2])).toBe(2);
    expect(worst([])).toBeNull();
  });
});

describe('inOrder', () => {
  it('puts what still stands and nobody has seen before what is over, and that before what somebody has taken', () => {
    const list = [alarm(1, 'taken', 'acknowledged'), alarm(1, 'over', 'cleared-unacked'), alarm(4, 'minor'), alarm(2, 'major')];
    expect(inOrder(list).map((one) => one.type)).toEqual(['major', 'minor', 'over', 'taken']);
  });
});
