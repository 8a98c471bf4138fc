import { useCallback } from 'react';
import { useHallData } from '@/shared/console/data';

/** A moment as the hall's clock showed it. */
export function useClock(): (ms: number) => string {
  const { timezone } = useHallData();
  return useCallback((ms: number) => new Date(ms).toLocaleTimeString('en-GB', { timeZone: timezone }), [timezone]);
}
