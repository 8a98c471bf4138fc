import { describe, expect, it } from 'vitest';
import type { Route, SceneFloor, XYZ } from '@/shared/api/types';
import { findHere, groundFloor, linesByFloor, partAround, toldSteps } from './kioskWay';

const floor = (id: string, elevation_m: number) => ({ id, elevation_m, outline: [{ outer: [[0, 0], [10, 0], [10, 8], [0, 8]], holes: [] }] }) as unknown as SceneFloor;
const floors = [floor('B1', -4.5), floor('1F', 0), floor('2F', 4.8)];

describe('where a kiosk stands', () => {
  const scene = {
    pois: [{ id: 's:poi:POI-02', kind: 'tickets', name: { zh: '取号机' }, floor: '1F', at: [3, 4] as [number, number] }],
    windows: [], spaces: [],
  };
  it('is found by key and by name, and OUT is nowhere in the hall', () => {
    expect(findHere(scene, 'POI-02')).toEqual({ floor: '1F', at: [3, 4], name: { zh: '取号机' } });
    expect(findHere(scene, '取号机')?.floor).toBe('1F');
    expect(findHere(scene, 'OUT')).toBeNull();
  });
  it('is level with the street when nothing better is known', () => {
    expect(groundFloor(floors)?.id).toBe('1F');
  });
});

describe('a way on plans', () => {
  it('is cut where it changes the floor', () => {
    const way: XYZ[] = [[0, 0, -0.6], [1, 0, 0], [2, 0, 2.3], [3, 0, 4.8], [4, 0, 4.8], [5, 0, 0]];
    const lines = linesByFloor(way, floors);
    expect(lines.get('1F')).toEqual([[[0, 0], [1, 0], [2, 0]], [[5, 0]]]);
    expect(lines.get('2F')).toEqual([[[3, 0], [4, 0]]]);
    expect(lines.has('B1')).toBe(false);
  });
  it('is shown whole with air around, and never from too near', () => {
    expect(partAround([[0, 0], [10, 8], [5, -6]], 1, 0)).toEqual({ left: -1, top: 9, width: 12, height: 16 });
    expect(partAround([[5, 5], [6, 5]], 1, 40)).toEqual({ left: -14.5, top: 25, width: 40, height: 40 });
  });
  it('is told from the first step on', () => {
    expect(toldSteps({ steps: [{ kind: 'depart' }, { kind: 'walk' }, { kind: 'arrive' }] } as unknown as Route).map((step) => step.kind)).toEqual(['walk', 'arrive']);
  });
});
