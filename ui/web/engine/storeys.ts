/** Where each floor is drawn: at its true height, or lifted apart. Heights between floors are carried along. */
import type { Polygon, Scene, SceneFloor } from '@/shared/api/types';
import type { ViewMode } from './types';

/** Walls are cut so that one sees into the rooms: at 1.2 m in a hall, lower in a small house. */
export function cutM(scene: Pick<Scene, 'bounds'>): number {
  const [x0, y0, , x1, y1] = scene.bounds;
  return Math.min(1.2, Math.max(0.6, Math.hypot(x1 - x0, y1 - y0) * 0.02));
}
/** What lies no deeper than this below a floor belongs to it: the street before the door, a ramp's foot. */
const SILL_M = 0.8;

/** A floor's outline; where the file draws none, its spaces. */
export function outlineOf(scene: Scene, floor: SceneFloor): Polygon[] {
  if (floor.outline.length > 0) return floor.outline;
  return scene.spaces.filter((space) => space.floor === floor.id).flatMap((space) => space.polygons);
}

export function sortedFloors(scene: Scene): SceneFloor[] {
  return [...scene.floors].sort((a, b) => a.elevation_m - b.elevation_m || a.ordinal - b.ordinal);
}

/** How far each floor is lifted in a view, lowest floor first; the gap leaves most of each floor in sight. */
export function lifts(floors: readonly SceneFloor[], mode: ViewMode, gapM: number): Map<string, number> {
  const result = new Map<string, number>();
  let top = Number.NEGATIVE_INFINITY;
  for (const floor of floors) {
    const drawn = mode === 'exploded' ? Math.max(floor.elevation_m, top + gapM) : floor.elevation_m;
    result.set(floor.id, drawn - floor.elevation_m);
    top = drawn;
  }
  return result;
}

/** A true height to a drawn one: floors keep theirs, what runs between two floors is stretched with them. */
export function liftHeight(z: number, floors: readonly SceneFloor[], lift: (floor: string) => number): number {
  const first = floors[0];
  if (!first) return z;
  if (z <= first.elevation_m) return z + lift(first.id);
  for (let i = 1; i < floors.length; i++) {
    const below = floors[i - 1] as SceneFloor;
    const above = floors[i] as SceneFloor;
    if (z > above.elevation_m - SILL_M) continue;
    if (z <= below.elevation_m) return z + lift(below.id);
    const part = (z - below.elevation_m) / (above.elevation_m - SILL_M - below.elevation_m || 1);
    return z + lift(below.id) + part * (lift(above.id) - lift(below.id));
  }
  const last = floors[floors.length - 1] as SceneFloor;
  return z + lift(last.id);
}

/** The floor a point stands on: the highest one not above it. */
export function floorAt(z: number, floors: readonly SceneFloor[]): SceneFloor | undefined {
  return [...floors].reverse().find((floor) => floor.elevation_m <= z + SILL_M) ?? floors[0];
}
