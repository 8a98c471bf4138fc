import { describe, expect, it } from 'vitest';
import type { Polygon, Scene, XY } from '@/shared/api/types';
import { distance, doorAt, extent, spaceAt, withWidth } from './geometry';

const box = (x0: number, y0: number, x1: number, y1: number): Polygon => ({ outer: [[x0, y0], [x1, y0], [x1, y1], [x0, y1]], holes: [] });
/** Two rooms of 4 by 4 m, a wall of 0.2 m between them, turned about the origin. */
function twoRooms(turnedDeg = 0): Scene {
  const [cos, sin] = [Math.cos((turnedDeg * Math.PI) / 180), Math.sin((turnedDeg * Math.PI) / 180)];
  const turn = ({ outer }: Polygon): Polygon => ({ outer: outer.map(([x, y]): XY => [x * cos - y * sin, x * sin + y * cos]), holes: [] });
  const space = (id: string, polygon: Polygon) => ({ id, floor: 'f', name: {}, number: id, kind: 'room', access: 'public', walkable: true, polygons: [turn(polygon)], z0_m: 0, height_m: 3, label: [0, 0] as XY });
  return {
    version: '', site: 's', name: {}, bounds: [0, 0, 0, 8.2, 4, 3],
    floors: [{ id: 'f', number: '1F', name: {}, ordinal: 0, elevation_m: 0, height_m: 3, outline: [] }],
    spaces: [space('a', box(0, 0, 4, 4)), space('b', box(4.2, 0, 8.2, 4))],
    walls: [{ floor: 'f', kind: 'interior', polygons: [turn(box(4, 0, 4.2, 4))], z0_m: 0, height_m: 3 }],
    openings: [], links: [], windows: [], furniture: [], seats: [], bays: [], pois: [], zones: [], departments: [], outdoor: [],
  };
}

describe('a door in a wall', () => {
  it.each([0, 17, 90])('stands in the middle of its thickness, turned by %d degrees', (deg) => {
    const [cos, sin] = [Math.cos((deg * Math.PI) / 180), Math.sin((deg * Math.PI) / 180)];
    const turned = ([x, y]: XY): XY => [x * cos - y * sin, x * sin + y * cos];
    const line = doorAt(twoRooms(deg), 'f', turned([3.9, 2]), 1);
    if (line === null) throw new Error('no door');
    const [a, b] = line;
    expect(distance(a, b)).toBeCloseTo(1, 2);
    expect(distance([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], turned([4.1, 2]))).toBeLessThan(0.01);
  });
  it('is not put where no wall is near', () => { expect(doorAt(twoRooms(), 'f', [2, 2], 1)).toBeNull(); });
  it('stands in the outline of a room where no walls are drawn', () => {
    const line = doorAt({ ...twoRooms(), walls: [] }, 'f', [0.1, 2], 1);
    expect(line?.map(([x]) => x)).toEqual([0, 0]);
  });
  it('keeps its middle when it is widened', () => {
    const [a, b] = withWidth([[0, 0], [1, 0]], 2);
    expect([a, b]).toEqual([[-0.5, 0], [1.5, 0]]);
  });
});

describe('the plan', () => {
  it('knows which room a point lies in', () => {
    expect(spaceAt(twoRooms(), 'f', [5, 1])?.id).toBe('b');
    expect(spaceAt(twoRooms(), 'f', [4.1, 1])).toBeNull();
    expect(spaceAt(twoRooms(), 'other', [5, 1])).toBeNull();
  });
  it('shows the whole floor', () => {
    const { left, top, width, height } = extent(twoRooms(), 'f', 1);
    expect([left, top]).toEqual([-1, 5]);
    expect(width).toBeCloseTo(10.2);
    expect(height).toBeCloseTo(6);
  });
});
