/** From what the hall knows of its devices to the rows of the list: narrowed, sorted and cut into pages. Pure. */
import type { DeviceInfo, EntityPoints, Kind, SceneFloor, SceneSpace } from '@/shared/api/types';
import type { Priority } from '@/shared/components/marks';
import { isDeviceStale } from '@/shared/console/states';
import { textIn, type Lang } from '@/shared/i18n';
import type { Connection, DevicesAddress } from './address';

/** What can be lost or turned away, as counted for each device: messages and values, and how many gaps they left. */
export const LOSSES = ['gaps', 'missing', 'unsent', 'late', 'out_of_range', 'dropped', 'throttled', 'shed', 'rejected', 'refused'] as const;
const COUNTED = LOSSES.filter((name) => name !== 'gaps');
export const PAGE_ROWS = 50;
const NATIVE = 'native';

export interface Row {
  device: DeviceInfo;
  kind: Kind | undefined;
  name: string;
  kindName: string;
  floor: string;
  floorOrder: number;
  room: string;
  state: Connection;
  /** The most urgent open alarm. */
  alarm: Priority | null;
  /** It does not report what is wanted of it. */
  drift: boolean;
  lost: number;
}

export interface Live {
  state: Connection;
  alarm: Priority | null;
  drift: boolean;
}

/** Whether it is there, by the live values; by what the hall said of it where the feed has not told yet. */
export function connectionOf(device: Pick<DeviceInfo, 'online'>, points: EntityPoints, kind: Kind | undefined, nowMs: number): Connection {
  const told = points.online;
  const online = told === undefined ? device.online : told[1] === 'bad' ? null : told[0] === true;
  if (online === null) return 'unknown';
  if (!online) return 'offline';
  return kind && isDeviceStale(points, kind, nowMs) ? 'stale' : 'online';
}

/** The hall's word on it, or the newest live value, where its time can be trusted. */
export function heardOf(device: Pick<DeviceInfo, 'last_seen_ms'>, points: EntityPoints, kind: Kind | undefined): number | null {
  const told = (kind?.points ?? []).map((point) => points[point.name]).filter((value) => value?.[1] === 'good').map((value) => value?.[2] ?? 0);
  const newest = Math.max(device.last_seen_ms ?? 0, ...told);
  return newest > 0 ? newest : null;
}

export function lossOf(device: DeviceInfo, name: string): number {
  return device.counters[name] ?? 0;
}

export function makeRow(device: DeviceInfo, live: Live, hall: { kinds: ReadonlyMap<string, Kind>; floorById: ReadonlyMap<string, SceneFloor>; spaceById: ReadonlyMap<string, SceneSpace> }, lang: Lang): Row {
  const kind = hall.kinds.get(device.kind);
  const floor = hall.floorById.get(device.floor ?? '');
  return {
    device, kind, ...live, name: textIn(device.name, lang) || device.key, kindName: textIn(kind?.label, lang) || device.kind, floor: floor?.number ?? '', floorOrder: floor?.ordinal ?? -Infinity,
    room: textIn(hall.spaceById.get(device.space ?? '')?.name, lang), lost: COUNTED.reduce((sum, name) => sum + lossOf(device, name), 0),
  };
}

/** What is typed was looked for by the hall; here the rest of the filters. */
export function narrow(rows: readonly Row[], wanted: DevicesAddress): Row[] {
  return rows.filter((row) =>
    (!wanted.kind || row.device.kind === wanted.kind) && (!wanted.floor || row.floor === wanted.floor) && (!wanted.state || row.state === wanted.state)
    && (!wanted.losing || row.lost > 0) && (!wanted.drifting || row.drift) && (!wanted.bare || !mayConnect(row.device)));
}

/** By a credential of its own, or through a gateway that has one. */
export function mayConnect(device: DeviceInfo): boolean {
  return device.enrolled || device.via.length > 0;
}

export function conventionOf(device: DeviceInfo): string {
  return device.addresses[0]?.convention ?? NATIVE;
}

type Sorted = string | number | null;
const URGENCY: Record<Connection, number> = { offline: 5, unknown: 6, stale: 7, online: 8 };
/** By which the list can be sorted; the losses besides. */
export const FIELDS: Record<string, (row: Row) => Sorted> = {
  name: (row) => row.name,
  key: (row) => row.device.key,
  kind: (row) => row.kindName,
  place: (row) => (row.floor ? `${String(row.floorOrder + 100)} ${row.room}` : null),
  state: (row) => row.alarm ?? URGENCY[row.state],
  seen: (row) => row.device.last_seen_ms,
  firmware: (row) => row.device.firmware,
  model: (row) => row.device.model,
  serial: (row) => row.device.serial,
  credential: (row) => row.device.credential_ms,
  via: (row) => row.device.via[0] ?? null,
  convention: (row) => conventionOf(row.device),
  lost: (row) => row.lost,
  ...Object.fromEntries(LOSSES.map((name) => [name, (row: Row) => lossOf(row.device, name)])),
  command: (row) => row.device.last_command?.created_ms ?? null,
};

/** Chinese by pinyin, `CAM-9` before `CAM-10`; what says nothing comes last either way. */
export function inOrder(rows: readonly Row[], field: string, down: boolean): Row[] {
  const words = new Intl.Collator('zh-CN-u-co-pinyin', { numeric: true, sensitivity: 'base' });
  const by = FIELDS[field] ?? FIELDS.key;
  const told = (row: Row) => by?.(row) ?? null;
  const sign = down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [told(a), told(b)];
    if (x === null || y === null) return Number(x === null) - Number(y === null) || words.compare(a.device.key, b.device.key);
    const order = typeof x === 'number' && typeof y === 'number' ? x - y : words.compare(String(x), String(y));
    return order * sign || words.compare(a.device.key, b.device.key);
  });
}

export interface Page {
  rows: readonly Row[];
  page: number;
  pages: number;
}

export function cut(rows: readonly Row[], wanted: Pick<DevicesAddress, 'page' | 'device'>): Page {
  const pages = Math.max(1, Math.ceil(rows.length / PAGE_ROWS));
  const at = wanted.page === 0 && wanted.device ? rows.findIndex((row) => row.device.key === wanted.device) : 0;
  const page = Math.min(pages, wanted.page || Math.floor(Math.max(0, at) / PAGE_ROWS) + 1);
  return { rows: rows.slice((page - 1) * PAGE_ROWS, page * PAGE_ROWS), page, pages };
}
