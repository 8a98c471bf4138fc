/** What of the hall's geometry a phone needs: its floors, places and windows. */
import type { Scene, SceneFloor } from '@/shared/api/types';
import { useKept, type KeptAnswer } from './goKept';

export type Hall = Pick<Scene, 'version' | 'floors' | 'pois' | 'windows'>;
const part = ({ version, floors, pois, windows }: Hall): Hall => ({ version, floors, pois, windows });

export function useHall(): KeptAnswer<Hall> {
  return useKept<Hall>('/building/scene', {}, part);
}

export function floorOf(hall: Hall | null, id: string | null): SceneFloor | undefined {
  return hall?.floors.find((floor) => floor.id === id);
}
