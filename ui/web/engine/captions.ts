/** Which words stand over the picture now: floors, pins, ends of the way, and, near enough, windows and rooms. */
import type { Route, SceneFloor, Text } from '@/shared/api/types';
import type { Label } from './labels';
import type { Lift, Places } from './places';
import { floorAt } from './storeys';
import type { CameraState, Pin } from './types';

/** With several floors in sight, names wait until one is nearer. */
const SPACES_FROM_PX_PER_M = { one: 6.5, several: 10.5 };
const WINDOWS_FROM_PX_PER_M = 11;

export interface CaptionInput {
  places: Places;
  visible: readonly SceneFloor[];
  lift: Lift;
  camera: CameraState;
  pxPerM: number;
  pins: readonly Pin[];
  notes: ReadonlyMap<string, string>;
  route: Route | null;
  routeWords: { start: string; end: string };
  text: (text: Text) => string;
}

function namesSpaces(pxPerM: number, floors: number): boolean {
  return pxPerM >= (floors > 1 ? SPACES_FROM_PX_PER_M.several : SPACES_FROM_PX_PER_M.one);
}

/** Changes whenever other words could be due, though no data changed. */
export function captionKey(camera: CameraState, pxPerM: number, floors: number): string {
  return `${namesSpaces(pxPerM, floors) ? 's' : ''}${pxPerM >= WINDOWS_FROM_PX_PER_M ? 'w' : ''}${String(Math.round(camera.azimuthDeg))}`;
}

export function captions(input: CaptionInput): Label[] {
  const { places, lift, text } = input;
  const visible = new Set(input.visible.map((floor) => floor.id));
  const list: Label[] = input.visible.map((floor) => ({
    id: `floor ${floor.id}`, kind: 'floor', at: places.leftOf(floor.id, input.camera, lift), text: floor.number,
    note: [text(floor.name), input.notes.get(floor.id)].filter((words) => words && words !== floor.number).join(' · '), rank: -3,
  }));
  for (const pin of input.pins) {
    if (!visible.has(pin.floor)) continue;
    const rank = pin.chosen ? -2 : typeof pin.state === 'number' ? pin.state / 10 : 1; // in a flood the most urgent keep their words
    list.push({ id: `pin ${pin.id}`, kind: 'pin', at: places.standing(pin.at, pin.floor, lift), text: pin.text, mark: pin.state, chosen: pin.chosen, blink: pin.blink, rank, through: true, pick: pin.id });
  }
  const ends = [[input.route?.geometry[0], input.routeWords.start, 'start'], [input.route?.geometry.at(-1), input.routeWords.end, 'end']] as const;
  for (const [point, words, id] of ends) {
    const floor = point && floorAt(point[2], places.floors);
    if (point && floor && visible.has(floor.id)) list.push({ id: `way ${id}`, kind: 'end', at: places.lifted(point, lift), text: words, rank: -1 });
  }
  if (input.pxPerM >= WINDOWS_FROM_PX_PER_M) {
    for (const window of places.scene.windows) {
      const [x, y] = [0, 1].map((axis) => (window.at[axis] ?? 0) + 2.4 * ((window.stand[axis] ?? 0) - (window.at[axis] ?? 0))) as [number, number]; // on the floor before it
      if (visible.has(window.floor)) list.push({ id: window.id, kind: 'window', at: [x, y, places.drawnZ(window.floor, lift)], text: window.number, rank: 3 });
    }
  }
  if (namesSpaces(input.pxPerM, input.visible.length)) {
    for (const space of places.scene.spaces) {
      const name = text(space.name);
      if (visible.has(space.floor) && name) list.push({ id: space.id, kind: 'space', at: [...space.label, places.drawnZ(space.floor, lift) + 0.1], text: name, rank: space.walkable ? 4 : 5 });
    }
  }
  return list;
}
