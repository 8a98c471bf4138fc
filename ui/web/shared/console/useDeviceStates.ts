import { useEffect, useState } from 'react';
import type { MarkState } from '@/shared/components/marks';
import { useAlarms, useLiveStore } from '@/shared/live/hooks';
import { useHallData } from './data';
import { drifts } from './drift';
import { deviceStates, sameMap } from './states';

const LOOK_EVERY_MS = 1_000;

/** The marks of all devices; a new map only when one of them differs, so that nothing is drawn for nothing. */
export function useDeviceStates(): ReadonlyMap<string, MarkState> {
  const { devices, kinds } = useHallData();
  const store = useLiveStore();
  const alarms = useAlarms();
  const [states, setStates] = useState<ReadonlyMap<string, MarkState>>(new Map());
  useEffect(() => {
    const look = () => {
      if (!store.told) return; // the feed has told nothing yet: that is not yet knowing nothing
      const next = deviceStates(devices, kinds, alarms, (id) => store.entity(id), (id) => drifts(store.desired(id)), store.nowMs(Date.now()));
      setStates((before) => (sameMap(before, next) ? before : next));
    };
    const first = setTimeout(look, 0);
    const timer = setInterval(look, LOOK_EVERY_MS);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
    };
  }, [devices, kinds, alarms, store]);
  return states;
}
