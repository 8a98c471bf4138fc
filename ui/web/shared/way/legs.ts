/** The part of a way that one step tells of: pure. */
import type { Route, RouteStep, SceneFloor, XY, XYZ } from '@/shared/api/types';
import { floorOfStep } from './way';

const distance = (a: XYZ, b: XYZ): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

/** Where a point lies along a line of points: number of the segment and the share of it, at or after `from`. */
function along(line: readonly XYZ[], point: XYZ, from: number): number {
  let best = from;
  let least = Infinity;
  for (let n = Math.floor(from); n < line.length - 1; n++) {
    const [a, b] = [line[n], line[n + 1]];
    if (!a || !b) continue;
    const length = distance(a, b) ** 2;
    const dot = a.reduce((sum, value, axis) => sum + ((b[axis] ?? 0) - value) * ((point[axis] ?? 0) - value), 0);
    const share = length === 0 ? 0 : Math.min(1, Math.max(0, dot / length));
    const at = a.map((value, axis) => value + ((b[axis] ?? 0) - value) * share) as XYZ;
    const far = distance(at, point);
    if (far < least - 1e-6 && n + share >= from) [best, least] = [n + share, far];
  }
  return best;
}

/** For each step, the points from where it begins to where the next begins, on the step's own floor. */
export function legsOf({ geometry, steps }: Pick<Route, 'geometry' | 'steps'>, floors: readonly Pick<SceneFloor, 'id' | 'elevation_m'>[]): XY[][] {
  const starts: number[] = [];
  for (const step of steps) starts.push(along(geometry, step.at, starts.at(-1) ?? 0));
  return steps.map((step, n) => {
    const floor = floorOfStep(step, floors);
    const next = steps[n + 1];
    const [from = 0, to = geometry.length - 1] = [starts[n], starts[n + 1]];
    const between = geometry.filter((_, vertex) => vertex > from && vertex < to);
    const points: XYZ[] = [step.at, ...between, ...(next ? [next.at] : [])];
    return points.filter((at) => floorOfStep({ at }, floors) === floor).map(([x, y]) => [x, y]);
  });
}

export interface FloorChange {
  /** Where one leaves the floor, and the floor one comes to. */
  at: XY;
  floor: string;
  to: string;
  kind: RouteStep['kind'];
}

const CARRIES: ReadonlySet<RouteStep['kind']> = new Set(['lift', 'stairs', 'escalator', 'ramp']);

/** Where a way leaves one floor for another. */
export function floorChanges({ steps }: Pick<Route, 'steps'>, floors: readonly Pick<SceneFloor, 'id' | 'elevation_m'>[]): FloorChange[] {
  return steps.flatMap((step, n) => {
    const next = steps[n + 1];
    const [floor, to] = [floorOfStep(step, floors), next && floorOfStep(next, floors)];
    return CARRIES.has(step.kind) && floor && to && floor !== to ? [{ at: [step.at[0], step.at[1]] as XY, floor, to, kind: step.kind }] : [];
  });
}
