/** Where a kiosk stands: pure. */
import type { Scene, SceneFloor, Text, XY } from '@/shared/api/types';

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
