/** Where a kiosk stands and how a way lies on each floor: pure. */
import type { Route, Scene, SceneFloor, Text, XY, XYZ } from '@/shared/api/types';

export interface Here {
  floor: string;
  at: XY;
  name: Text;
}

/** The kiosk's own place by id, key, number or name; null when it has none (OUT) or it is not in the public scene. */
export function findHere(scene: Pick<Scene, 'pois' | 'windows' | 'spaces'>, word: string): Here | null {
  const named = ({ id, name, number }: { id: string; name: { zh?: string; en?: string }; number?: string }) =>
    id === word || id.endsWith(`:${word}`) || number === word || name.zh === word || name.en === word;
  const poi = scene.pois.find(named);
  if (poi) return { floor: poi.floor, at: poi.at, name: poi.name };
  const window = scene.windows.find(named);
  if (window) return { floor: window.floor, at: window.stand, name: window.name };
  const space = scene.spaces.find(named);
  return space ? { floor: space.floor, at: space.label, name: space.name } : null;
}

/** The floor one stands on when nothing better is known: the one level with the street. */
export function groundFloor(floors: readonly SceneFloor[]): SceneFloor | undefined {
  return [...floors].sort((a, b) => Math.abs(a.elevation_m) - Math.abs(b.elevation_m))[0];
}

/** A way cut into lines, each on the floor nearest in height; a change of floor ends one and begins the next. */
export function linesByFloor(geometry: readonly XYZ[], floors: readonly SceneFloor[]): Map<string, XY[][]> {
  const lines = new Map<string, XY[][]>();
  let before: string | null = null;
  for (const [x, y, z] of geometry) {
    const floor = [...floors].sort((a, b) => Math.abs(a.elevation_m - z) - Math.abs(b.elevation_m - z))[0];
    if (!floor) continue;
    const onFloor = lines.get(floor.id) ?? [];
    if (before !== floor.id) onFloor.push([]);
    onFloor.at(-1)?.push([x, y]);
    lines.set(floor.id, onFloor);
    before = floor.id;
  }
  return lines;
}

/** The sheet's part that is shown, at least so wide, with some air around. */
export function partAround(points: readonly XY[], air_m: number, least_m: number): { left: number; top: number; width: number; height: number } {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const spread = (values: readonly number[]): [number, number] => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const half = Math.max(high - low + 2 * air_m, least_m) / 2;
    return [(low + high) / 2 - half, (low + high) / 2 + half];
  };
  const [left, right] = spread(xs);
  const [bottom, top] = spread(ys);
  return { left, top, width: right - left, height: top - bottom };
}

/** Steps worth a line of their own: the start says what the heading says already. */
export function toldSteps(route: Route): Route['steps'] {
  return route.steps.filter((step) => step.kind !== 'depart');
}
