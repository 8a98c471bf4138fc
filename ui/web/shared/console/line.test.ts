import { describe, expect, it } from 'vitest';
import { lineOf, rangeOf } from './line';

const TTL = { ttl_s: 10 };
const past = (points: [number, number | string][], gaps: [number, number][] = [], step_ms = 0) => ({ points, gaps, step_ms });

describe('a line of the past', () => {
  it('is whole where the readings are near to each other', () => {
    expect(lineOf(past([[0, 1], [20_000, 2]]), TTL)).toEqual([[0, 1], [20_000, 2]]);
  });
  it('is open over a silence', () => {
    expect(lineOf(past([[0, 1], [20_001, 2]]), TTL)).toEqual([[0, 1], [1, null], [20_001, 2]]);
  });
  it('is open where the hall was not recording, however short', () => {
    expect(lineOf(past([[0, 1], [9_000, 2]], [[4_000, 5_000]]), TTL)).toEqual([[0, 1], [1, null], [9_000, 2]]);
  });
  it('does not break between sums of an hour', () => {
    expect(lineOf(past([[0, 1], [3_600_000, 2]], [], 3_600_000), TTL)).toHaveLength(2);
  });
  it('leaves words out', () => {
    expect(lineOf(past([[0, 'open'], [1, 2]]), TTL)).toEqual([[1, 2]]);
  });
});

describe('its upright axis', () => {
  it('is not stretched by one wild value', () => {
    const [low, high] = rangeOf([[0, 21], [1, 1_000], [2, 23]], { range: [-20, 60] });
    expect([low, high]).toEqual([20.9, 23.1]);
  });
  it('is the declared range where no value is believable', () => {
    const [low, high] = rangeOf([[0, 1_000]], { range: [0, 100] });
    expect([low, high]).toEqual([-5, 105]);
  });
  it('has some height where nothing changes', () => {
    for (const value of [0, 24, -3]) {
      const [low, high] = rangeOf([[0, value], [1, value]], { range: null });
      expect(low).toBeLessThan(value);
      expect(high).toBeGreaterThan(value);
    }
  });
});
