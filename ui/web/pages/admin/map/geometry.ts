/** Plan geometry of the editor: where a door sits in a wall, which room a point lies in. Metres. */
import type { Polygon, Scene, SceneSpace, XY } from '@/shared/api/types';

const SNAP_M = 1.2;
const PARALLEL = 0.98;

export const distance = ([ax, ay]: XY, [bx, by]: XY) => Math.hypot(ax - bx, ay - by);
const round = (value: number) => Math.round(value * 1000) / 1000;

export function contains({ outer, holes }: Polygon, at: XY): boolean {
  return inRing(outer, at) && !holes.some((hole) => inRing(hole, at));
}

function inRing(ring: readonly XY[], [x, y]: XY): boolean {
  let inside = false;
  for (const [i, [x0, y0]] of ring.entries()) {
    const [x1, y1] = ring[(i + 1) % ring.length] ?? [x0, y0];
    if (y0 > y !== y1 > y && x < ((x1 - x0) * (y - y0)) / (y1 - y0) + x0) inside = !inside;
  }
  return inside;
}

export function spaceAt(scene: Scene, floor: string, at: XY): SceneSpace | null {
  return scene.spaces.find((space) => space.floor === floor && space.polygons.some((polygon) => contains(polygon, at))) ?? null;
}

interface Side {
  a: XY;
  b: XY;
  near: XY;
  away: number;
}

function nearest(a: XY, b: XY, at: XY): Side {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const along = Math.min(1, Math.max(0, ((at[0] - a[0]) * dx + (at[1] - a[1]) * dy) / (dx * dx + dy * dy || 1)));
  const near: XY = [a[0] + along * dx, a[1] + along * dy];
  return { a, b, near, away: distance(near, at) };
}

const rings = (polygons: readonly Polygon[]) => polygons.flatMap(({ outer, holes }) => [outer, ...holes]);

function sides(scene: Scene, floor: string): [XY, XY][] {
  const walls = scene.walls.filter((wall) => wall.floor === floor).flatMap((wall) => rings(wall.polygons));
  // A plan without walls has doors in the outlines of its rooms.
  const drawn = walls.length > 0 ? walls : scene.spaces.filter((space) => space.floor === floor).flatMap((space) => rings(space.polygons));
  return drawn.flatMap((ring) => ring.map((a, i): [XY, XY] => [a, ring[(i + 1) % ring.length] ?? a]));
}

/** A door of this width in the wall nearest to the point, in the middle of the wall's thickness; null: no wall is near. */
export function doorAt(scene: Scene, floor: string, at: XY, widthM: number): [XY, XY] | null {
  const found = sides(scene, floor).map(([a, b]) => nearest(a, b, at)).filter((side) => side.away <= SNAP_M && distance(side.a, side.b) >= widthM / 2);
  const face = found.reduce<Side | null>((best, side) => (best === null || side.away < best.away ? side : best), null);
  if (!face) return null;
  const length = distance(face.a, face.b);
  const [ux, uy] = [(face.b[0] - face.a[0]) / length, (face.b[1] - face.a[1]) / length];
  // The other face of the same wall runs beside it: the door stands between the two.
  const other = found
    .filter((side) => side !== face && Math.abs(((side.b[0] - side.a[0]) * ux + (side.b[1] - side.a[1]) * uy) / distance(side.a, side.b)) > PARALLEL)
    .map((side) => nearest(side.a, side.b, face.near))
    .filter((side) => side.away > 0.02 && side.away < 0.8)
    .reduce<Side | null>((best, side) => (best === null || side.away < best.away ? side : best), null);
  const middle: XY = other ? [(face.near[0] + other.near[0]) / 2, (face.near[1] + other.near[1]) / 2] : face.near;
  const half = widthM / 2;
  return [[round(middle[0] - ux * half), round(middle[1] - uy * half)], [round(middle[0] + ux * half), round(middle[1] + uy * half)]];
}

/** The same door, wider or narrower about its middle. */
export function withWidth([a, b]: readonly [XY, XY], widthM: number): [XY, XY] {
  const middle: XY = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  const length = distance(a, b) || 1;
  const [ux, uy] = [(b[0] - a[0]) / length, (b[1] - a[1]) / length];
  return [[round(middle[0] - (ux * widthM) / 2), round(middle[1] - (uy * widthM) / 2)], [round(middle[0] + (ux * widthM) / 2), round(middle[1] + (uy * widthM) / 2)]];
}

/** What a floor's drawing covers: left, top, width, height, with air around. */
export function extent(scene: Scene, floor: string, airM = 2): { left: number; top: number; width: number; height: number } {
  const here = <T extends { floor: string }>(item: T) => item.floor === floor;
  const points = [
    ...scene.floors.filter((item) => item.id === floor).flatMap((item) => item.outline.flatMap((polygon) => polygon.outer)),
    ...scene.spaces.filter(here).flatMap((space) => space.polygons.flatMap((polygon) => polygon.outer)),
    ...scene.walls.filter(here).flatMap((wall) => wall.polygons.flatMap((polygon) => polygon.outer)),
  ];
  if (points.length === 0) points.push([scene.bounds[0], scene.bounds[1]], [scene.bounds[3], scene.bounds[4]]);
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const least = (values: number[]) => values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = (values: number[]) => values.reduce((a, b) => Math.max(a, b), -Infinity);
  const [left, right, bottom, top] = [least(xs) - airM, most(xs) + airM, least(ys) - airM, most(ys) + airM];
  return { left, top, width: right - left, height: top - bottom };
}
