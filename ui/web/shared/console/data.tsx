/** What a console loads once: the building's geometry, its devices and their kinds. */
import { createContext, useContext, useEffect, useState, type ReactNode } from 'react';
import { ApiError, api, toLogin } from '@/shared/api/client';
import type { BuildingInfo, Kind, Scene, SceneDevice, SceneFloor, SceneSpace } from '@/shared/api/types';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useT } from '@/shared/i18n';
import { useBuildingVersion } from '@/shared/live/hooks';
import { useMay } from './session';

export interface HallData {
  /** The hash under which it was published. */
  version: string;
  scene: Scene;
  /** The hall's own time zone: clocks and charts show its time, wherever the reader sits. */
  timezone: string;
  devices: readonly SceneDevice[];
  deviceById: ReadonlyMap<string, SceneDevice>;
  kinds: ReadonlyMap<string, Kind>;
  floorById: ReadonlyMap<string, SceneFloor>;
  spaceById: ReadonlyMap<string, SceneSpace>;
  /** Uppermost first. */
  floors: readonly SceneFloor[];
}

const DataContext = createContext<HallData | null>(null);
const byId = <T extends { id: string }>(list: readonly T[]) => new Map(list.map((item) => [item.id, item]));

/** As it was published then; null: as it is now. Its devices are for those who may watch the hall. */
async function load(version: string | null, watches: boolean): Promise<HallData> {
  const [scene, { kinds }, { timezone }] = await Promise.all([
    api.get<Scene>(watches ? '/building/scene/devices' : '/building/scene', { version }),
    api.get<{ kinds: Kind[] }>('/kinds'),
    api.get<BuildingInfo>('/building', { version }),
  ]);
  const devices = scene.devices ?? [];
  return {
    version: version ?? scene.version, scene, timezone, devices, deviceById: byId(devices), kinds: new Map(kinds.map((kind) => [kind.kind, kind])), floorById: byId(scene.floors), spaceById: byId(scene.spaces),
    floors: [...scene.floors].sort((a, b) => b.elevation_m - a.elevation_m),
  };
}

export function HallDataGate({ children }: { children: ReactNode }) {
  const [data, setData] = useState<HallData | null>(null);
  const [error, setError] = useState<unknown>(null);
  const t = useT();
  const watches = useMay('ops.view');
  const told = useBuildingVersion();
  const shown = data?.version ?? null;
  // Asked for once, and again when the hall, or a replay, comes to another version than the one shown.
  const wanted = shown === null ? null : (told ?? shown);
  useEffect(() => {
    if (wanted !== null && wanted === shown) return undefined;
    let older = false;
    load(wanted, watches).then((loaded) => { if (!older) setData(loaded); }, (reason: unknown) => {
      if (reason instanceof ApiError && reason.status === 401) toLogin();
      else setError(reason);
    });
    return () => { older = true; };
  }, [wanted, shown, watches]);
  if (error) return <main className="gate"><ErrorNotice error={error} onRetry={() => { location.reload(); }} /></main>;
  if (!data) return <main className="gate note" aria-busy="true">{t('loading')}</main>;
  return <DataContext value={data}>{children}</DataContext>;
}

export function useHallData(): HallData {
  const data = useContext(DataContext);
  if (!data) throw new Error('outside of a HallDataGate');
  return data;
}

/** `site:device:UPS-2` to `UPS-2`. */
export function keyOf(id: string): string {
  return id.split(':').slice(2).join(':') || id;
}
