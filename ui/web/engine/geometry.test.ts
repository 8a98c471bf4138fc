import { describe, expect, it } from 'vitest';
import type { Polygon, Scene, SceneFloor, XYZ } from '@/shared/api/types';
import { axes, between, dot, frame, HOME, onPlane, project } from './camera';
import { floorUnder, inPolygon, isHidden, pick, type Sight } from './picking';
import { liftHeight, lifts } from './storeys';
import type { CameraState } from './types';

const [WIDTH, HEIGHT] = [900, 600];
const CAMERA: CameraState = { azimuthDeg: -62, elevationDeg: 33, spanM: 60, target: [30, 20, 4] };
const square = (x0: number, y0: number, x1: number, y1: number): Polygon => ({ outer: [[x0, y0], [x1, y0], [x1, y1], [x0, y1]], holes: [] });
const floor = (id: string, elevation_m: number) => ({ id, elevation_m, ordinal: 0, outline: [square(0, 0, 60, 40)] }) as unknown as SceneFloor;
const FLOORS = [floor('B1', -4.2), floor('1F', 0), floor('2F', 5.4)];
const near = (a: readonly number[], b: readonly number[]) => { a.forEach((value, i) => { expect(value).toBeCloseTo(b[i] ?? Number.NaN, 6); }); };

describe('camera', () => {
  it('has three directions at right angles', () => {
    const { right, up, toward } = axes(CAMERA);
    near([dot(right, up), dot(up, toward), dot(right, toward), dot(up, up)], [0, 0, 0, 1]);
  });
  it('finds back the point that a pixel shows', () => {
    const point: XYZ = [12, 34, 5.4];
    const { x, y } = project(point, CAMERA, WIDTH, HEIGHT);
    near(onPlane(x, y, 5.4, CAMERA, WIDTH, HEIGHT) ?? [], point);
  });
  it('frames every point it is given', () => {
    const points: XYZ[] = [[0, 0, -4], [78, 0, 0], [78, 48, 12], [0, 48, 3]];
    const camera = frame(points, HOME, WIDTH / HEIGHT);
    for (const point of points) {
      const { x, y } = project(point, camera, WIDTH, HEIGHT);
      expect(x >= 0 && x <= WIDTH && y >= 0 && y <= HEIGHT).toBe(true);
    }
  });
  it('turns the short way round', () => {
    const half = between({ ...CAMERA, azimuthDeg: 170 }, { ...CAMERA, azimuthDeg: -170 }, 0.5);
    expect(Math.abs(half.azimuthDeg)).toBeCloseTo(180, 6);
  });
});

describe('storeys', () => {
  it('lifts floors apart by at least the gap, the lowest stays', () => {
    const lift = lifts(FLOORS, 'exploded', 20);
    const drawn = FLOORS.map((one) => one.elevation_m + (lift.get(one.id) ?? 0));
    near(drawn, [-4.2, 15.8, 35.8]);
  });
  it('leaves true heights where floors are stacked', () => {
    expect([...lifts(FLOORS, 'stacked', 20).values()]).toEqual([0, 0, 0]);
  });
  it('keeps what stands on a floor on it, and order between floors', () => {
    const lift = lifts(FLOORS, 'exploded', 20);
    const at = (z: number) => liftHeight(z, FLOORS, (id) => lift.get(id) ?? 0);
    near([at(-4.2), at(0), at(5.4), at(-0.45)], [-4.2, 15.8, 35.8, 15.35]);
    const ladder = [-4.2, -2, 0, 2.7, 5.4, 8].map(at);
    expect([...ladder].sort((a, b) => a - b)).toEqual(ladder);
  });
});

describe('picking', () => {
  const drawn = FLOORS.map((one) => ({ id: one.id, z: one.elevation_m, outline: one.outline })).reverse();
  const sight: Sight = { camera: CAMERA, width: WIDTH, height: HEIGHT, floors: drawn, covers: drawn };
  const scene = {
    floors: FLOORS,
    spaces: [{ id: 'room', floor: '2F', polygons: [square(10, 10, 20, 20)] }],
    windows: [{ id: 'A01', floor: '2F', at: [30, 30] }],
  } as unknown as Scene;
  const pixel = (point: XYZ) => project(point, CAMERA, WIDTH, HEIGHT);

  it('knows inside from outside, holes too', () => {
    const ring: Polygon = { ...square(0, 0, 10, 10), holes: [square(4, 4, 6, 6).outer] };
    expect([inPolygon([2, 2], ring), inPolygon([5, 5], ring), inPolygon([11, 2], ring)]).toEqual([true, false, false]);
  });
  it('takes the uppermost floor under a pixel', () => {
    const { x, y } = pixel([30, 20, 5.4]);
    expect(floorUnder(x, y, sight)?.floor.id).toBe('2F');
  });
  it('hides what lies below another slab', () => {
    expect(isHidden([30, 20, 0.5], sight)).toBe(true);
    expect(isHidden([30, 20, 5.9], sight)).toBe(false);
  });
  it('chooses device, then window, then room, then nothing', () => {
    const badge = { badge: { id: 'cam', floor: '2F', at: [15, 15, 6] as XYZ, icon: 'camera' as const, layer: 'video', dense: false }, at: [15, 15, 6] as XYZ };
    const there = (point: XYZ, badges = [badge]) => {
      const { x, y } = pixel(point);
      return pick(x, y, sight, scene, badges)?.id ?? null;
    };
    expect([there([15, 15, 6]), there([15, 15, 5.4], []), there([30, 30, 5.4]), there([50, 5, 5.4])]).toEqual(['cam', 'room', 'A01', null]);
  });
});
