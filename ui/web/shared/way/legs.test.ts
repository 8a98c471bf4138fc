import { describe, expect, it } from 'vitest';
import type { RouteStep, XYZ } from '@/shared/api/types';
import { floorChanges, legsOf } from './legs';

const FLOORS = [{ id: '1F', elevation_m: 0 }, { id: '2F', elevation_m: 5.4 }];
const step = (kind: RouteStep['kind'], at: XYZ) => ({ kind, at }) as RouteStep;
const geometry: XYZ[] = [[0, 0, 0], [10, 0, 0], [10, 10, 0], [10, 10, 5.4], [20, 10, 5.4]];
const steps = [step('walk', [0, 0, 0]), step('door', [10, 4, 0]), step('lift', [10, 10, 0]), step('walk', [10, 10, 5.4]), step('arrive', [20, 10, 5.4])];

describe('the legs of a way', () => {
  it('go from where a step begins to where the next begins, over the corners between', () => {
    const legs = legsOf({ geometry, steps }, FLOORS);
    expect(legs[0]).toEqual([[0, 0], [10, 0], [10, 4]]);
    expect(legs[1]).toEqual([[10, 4], [10, 10]]);
    expect(legs[3]).toEqual([[10, 10], [20, 10]]);
  });

  it('stay on the floor of their step', () => {
    expect(legsOf({ geometry, steps }, FLOORS)[2]).toEqual([[10, 10]]);
  });

  it('never go back, even where a way crosses itself', () => {
    const loop: XYZ[] = [[0, 0, 0], [10, 0, 0], [10, 5, 0], [5, 5, 0], [5, -5, 0]];
    const crossing = [step('walk', [0, 0, 0]), step('turn', [10, 5, 0]), step('turn', [5, 5, 0]), step('arrive', [5, -5, 0])];
    expect(legsOf({ geometry: loop, steps: crossing }, FLOORS)).toEqual([[[0, 0], [10, 0], [10, 5]], [[10, 5], [5, 5]], [[5, 5], [5, -5]], [[5, -5]]]);
  });

  it('know where the floor is left, and for which', () => {
    expect(floorChanges({ steps }, FLOORS)).toEqual([{ at: [10, 10], floor: '1F', to: '2F', kind: 'lift' }]);
  });
});
