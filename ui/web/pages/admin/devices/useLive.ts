/** How each device is by the live feed, looked at once a second; a new map only when one of them differs. */
import { useEffect, useState } from 'react';
import type { Alarm, DeviceInfo } from '@/shared/api/types';
import type { Priority } from '@/shared/components/marks';
import { useHallData } from '@/shared/console/data';
import { drifts } from '@/shared/console/drift';
import { isOpen } from '@/shared/console/states';
import { useAlarms, useLiveStore } from '@/shared/live/hooks';
import { connectionOf, type Live } from './rows';

const LOOK_EVERY_MS = 1_000;

export function useLive(devices: readonly DeviceInfo[]): ReadonlyMap<string, Live> {
  const { kinds } = useHallData();
  const store = useLiveStore();
  const alarms = useAlarms();
  const [live, setLive] = useState<ReadonlyMap<string, Live>>(new Map());
  useEffect(() => {
    const look = () => {
      const now = Date.now() + store.clockOffsetMs;
      const urgent = mostUrgent(alarms);
      setLive((before) => {
        const next = new Map(devices.map((device) => {
          const state = connectionOf(device, store.entity(device.id), kinds.get(device.kind), now);
          const alarm = urgent.get(device.id) ?? null;
          const drift = drifts(store.desired(device.id));
          const known = before.get(device.id);
          return [device.id, known?.state === state && known.alarm === alarm && known.drift === drift ? known : { state, alarm, drift }];
        }));
        return next.size === before.size && [...next].every(([id, one]) => before.get(id) === one) ? before : next;
      });
    };
    const first = setTimeout(look, 0);
    const timer = setInterval(look, LOOK_EVERY_MS);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
    };
  }, [devices, kinds, alarms, store]);
  return live;
}

function mostUrgent(alarms: readonly Alarm[]): Map<string, Priority> {
  const found = new Map<string, Priority>();
  for (const alarm of alarms) {
    if (isOpen(alarm)) found.set(alarm.source, Math.min(alarm.priority, found.get(alarm.source) ?? 4) as Priority);
  }
  return found;
}
