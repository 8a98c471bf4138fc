import { describe, expect, it } from 'vitest';
import { axisEndMin, isLive, isOlder, isWaiting, onCall, setOutInMin } from './goLogic';

const at = (called_ms: number | null, calls = called_ms === null ? 0 : 1) => ({ issued_ms: 1_000, called_ms, started_ms: null, ended_ms: null, calls });

describe('a ticket', () => {
  it('waits again after it was moved to another window', () => {
    expect([isWaiting({ state: 'transferred' }), isLive({ state: 'transferred' })]).toEqual([true, true]);
    expect([isWaiting({ state: 'called' }), isLive({ state: 'called' })]).toEqual([false, true]);
    expect(isLive({ state: 'no_show' })).toBe(false);
  });

  it('once called is not shown waiting by a late answer', () => {
    expect(isOlder(at(null), at(5_000))).toBe(true);
    expect(isOlder(at(5_000), at(null))).toBe(false);
    expect(isOlder(at(5_000, 1), at(5_000, 2))).toBe(true);
    expect(isOlder(at(5_000), at(5_000))).toBe(false);
  });

  it('turns the page to a call, wherever one is', () => {
    expect([onCall('home', 1), onCall('item', 2), onCall('route', 1)]).toEqual(['turn', 'turn', 'turn']);
    expect(onCall('ticket', 1)).toBe('shown');
  });

  it('called again on the way there, only rings', () => { expect(onCall('route', 2)).toBe('ring'); });

  it('has an axis that ends after its range', () => {
    for (let high = 1; high < 400; high++) expect(axisEndMin(high)).toBeGreaterThanOrEqual(high);
    expect(axisEndMin(22)).toBe(30);
  });

  it('lets one stay as long as the soonest call allows', () => {
    expect(setOutInMin([14, 22], 180)).toBe(10);
    expect(setOutInMin([2, 6], 240)).toBe(0);
    expect(setOutInMin(null, 60)).toBeNull();
  });
});
