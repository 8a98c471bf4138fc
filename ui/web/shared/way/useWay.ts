/** A way's plans, one for each floor it crosses, in the order of walking; one is looked at. */
import { useState } from 'react';
import type { Route, SceneFloor, XY } from '@/shared/api/types';
import { floorOfStep, linesByFloor } from './way';

export interface Way {
  route: Route;
  floors: readonly SceneFloor[];
  floor: SceneFloor;
  /** On the floor looked at: the way, and its ends if they are there. */
  lines: readonly XY[][];
  from: XY | null;
  to: XY | null;
  choose: (id: string) => void;
}

export function useWay(route: Route | null, all: readonly SceneFloor[]): Way | null {
  const [chosen, setChosen] = useState<string | null>(null);
  if (!route) return null;
  const lines = linesByFloor(route.geometry, all);
  const floors = [...lines.keys()].map((id) => all.find((floor) => floor.id === id)).filter((floor) => floor !== undefined);
  const floor = floors.find((one) => one.id === chosen) ?? floors[0];
  if (!floor) return null;
  const { geometry } = route;
  const end = (point: Route['geometry'][number] | undefined): XY | null => (point && floorOfStep({ at: point }, all) === floor.id ? [point[0], point[1]] : null);
  return { route, floors, floor, lines: lines.get(floor.id) ?? [], from: end(geometry[0]), to: end(geometry.at(-1)), choose: setChosen };
}
