/** What of the hall's geometry a phone needs: its floors, places and windows. */
import { useEffect } from 'react';
import type { Scene, SceneFloor } from '@/shared/api/types';
import { useBuildingVersion } from '@/shared/live/hooks';
import { useKept, type KeptAnswer } from './goKept';

export type Hall = Pick<Scene, 'version' | 'floors' | 'pois' | 'windows'>;
const part = ({ version, floors, pois, windows }: Hall): Hall => ({ version, floors, pois, windows });

export function useHall(): KeptAnswer<Hall> {
  const answer = useKept<Hall>('/building/scene', {}, part);
  const version = useBuildingVersion();
  const { again, data } = answer;
  const other = version !== null && data !== null && data.version !== version ? version : null;
  useEffect(() => { if (other !== null) again(); }, [other, again]);
  return answer;
}

export function floorOf(hall: Hall | null, id: string | null): SceneFloor | undefined {
  return hall?.floors.find((floor) => floor.id === id);
}
