/** How a way lies on each floor: pure. */
import type { Route, SceneFloor, XY, XYZ } from '@/shared/api/types';

type Level = Pick<SceneFloor, 'id' | 'elevation_m'>;

function nearest<T extends Level>(floors: readonly T[], z: number): T | undefined {
  return [...floors].sort((a, b) => Math.abs(a.elevation_m - z) - Math.abs(b.elevation_m - z))[0];
}

/** A way cut into lines, each on the floor nearest in height; a change of floor ends one and begins the next. */
export function linesByFloor(geometry: readonly XYZ[], floors: readonly Level[]): Map<string, XY[][]> {
  const lines = new Map<string, XY[][]>();
  let before: string | null = null;
  for (const [x, y, z] of geometry) {
    const floor = nearest(floors, z);
    if (!floor) continue;
    const onFloor = lines.get(floor.id) ?? [];
    if (before !== floor.id) onFloor.push([]);
    onFloor.at(-1)?.push([x, y]);
    lines.set(floor.id, onFloor);
    before = floor.id;
  }
  return lines;
}

export interface Part {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** The sheet's part that is shown, at least so wide, with some air around; metres. */
export function partAround(points: readonly XY[], air_m: number, least_m: number): Part {
  const spread = (values: readonly number[]): [number, number] => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const half = Math.max(high - low + 2 * air_m, least_m) / 2;
    return [(low + high) / 2 - half, (low + high) / 2 + half];
  };
  const [left, right] = spread(points.map(([x]) => x));
  const [bottom, top] = spread(points.map(([, y]) => y));
  return { left, top, width: right - left, height: top - bottom };
}

/** Steps worth a line of their own: the start says what the heading says already. */
export function toldSteps(route: Pick<Route, 'steps'>): Route['steps'] {
  return route.steps.filter((step) => step.kind !== 'depart');
}

/** Which floor a step is on, so that looking at it turns the plan over. */
export function floorOfStep(step: Pick<Route['steps'][number], 'at'>, floors: readonly Level[]): string | undefined {
  return nearest(floors, step.at[2])?.id;
}
