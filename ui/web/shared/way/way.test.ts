import { describe, expect, it } from 'vitest';
import type { Route, XYZ } from '@/shared/api/types';
import { floorOfStep, linesByFloor, partAround, toldSteps } from './way';

const FLOORS = [{ id: '1F', elevation_m: 0 }, { id: '2F', elevation_m: 5.4 }];

describe('a way on floors', () => {
  it('is cut where it changes floor, and begins anew where it comes back', () => {
    const geometry: XYZ[] = [[0, 0, 0], [1, 0, 0], [2, 0, 5.4], [3, 0, 5.4], [4, 0, 0]];
    const lines = linesByFloor(geometry, FLOORS);
    expect(lines.get('1F')).toEqual([[[0, 0], [1, 0]], [[4, 0]]]);
    expect(lines.get('2F')).toEqual([[[2, 0], [3, 0]]]);
  });

  it('loses no point', () => {
    const geometry: XYZ[] = Array.from({ length: 50 }, (_, n) => [n, n, n % 7]);
    const kept = [...linesByFloor(geometry, FLOORS).values()].flat(2);
    expect(kept).toHaveLength(50);
  });

  it('is shown with air around and never too near', () => {
    expect(partAround([[0, 0], [10, 4]], 2, 8)).toEqual({ left: -2, top: 6, width: 14, height: 8 });
    expect(partAround([[5, 5]], 1, 20)).toEqual({ left: -5, top: 15, width: 20, height: 20 });
  });

  it('tells every step but the start, and knows its floor', () => {
    const step = (kind: string, z: number) => ({ kind, at: [0, 0, z] }) as Route['steps'][number];
    const steps = [step('depart', 0), step('lift', 5), step('arrive', 5.4)];
    expect(toldSteps({ steps }).map((s) => s.kind)).toEqual(['lift', 'arrive']);
    expect(floorOfStep(steps[1] as Route['steps'][number], FLOORS)).toBe('2F');
  });
});
