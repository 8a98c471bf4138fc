/** The tools of the map editor: each says what one points at, what is asked, and which edit comes of it. */
import type { IconName } from '@/shared/components/icons';
import type { Text, XY } from '@/shared/api/types';

export type Edit = { op: string } & Record<string, unknown>;
export type Values = Record<string, string>;

/** What has been pointed at so far. */
export interface Pointed {
  floor: string;
  line: [XY, XY] | null;
  points: { floor: string; at: XY }[];
  spaces: string[];
  /** The zone whose rooms are changed; null: a new one. */
  zone: string | null;
}

export interface Field {
  name: string;
  type: 'text' | 'number' | 'choice';
  /** Choices by value: a word of the page, or what `choicesOf` (kinds of devices, departments) gives. */
  choices?: readonly string[];
  choicesOf?: 'kinds' | 'departments' | 'facing';
  first?: string;
  optional?: true;
}

export type ToolId = 'select' | 'door' | 'walkable' | 'join' | 'poi' | 'device' | 'window' | 'zone' | 'link' | 'room' | 'route';
export interface Tool {
  id: ToolId;
  icon: IconName;
  /** What a click means. */
  takes: 'nothing' | 'wall' | 'point' | 'points' | 'spaces';
  /** How many are needed. */
  needs: number;
  fields: readonly Field[];
  edit: ((pointed: Pointed, values: Values) => Edit) | null;
}

export const POI_KINDS = ['toilet_accessible', 'toilet_men', 'toilet_women', 'consultation', 'tickets', 'form_filling', 'self_service', 'copy_print', 'atm', 'drinking_water', 'mother_baby', 'rest', 'first_aid', 'aed', 'complaint', 'police', 'photo', 'parking_payment', 'bus_stop'] as const;
export const ZONE_KINDS = ['queue', 'pa', 'evacuation', 'security'] as const;
export const DOOR_KINDS = ['swing', 'automatic', 'fire', 'open', 'rolling', 'turnstile'] as const;
export const LINK_KINDS = ['stairs', 'lift', 'escalator', 'ramp'] as const;
export const ROOM_KINDS = ['room', 'office', 'corridor', 'lobby', 'hall', 'waiting', 'meeting', 'storage', 'toilet'] as const;

const NAME: readonly Field[] = [{ name: 'zh', type: 'text' }, { name: 'en', type: 'text', optional: true }];
export const nameOf = ({ zh = '', en = '' }: Values): Text => Object.fromEntries([['zh', zh.trim()], ['en', en.trim()]].filter(([, word]) => word !== ''));
const spot = ({ points }: Pointed) => ({ floor: points[0]?.floor, at: points[0]?.at });

export const TOOLS: readonly Tool[] = [
  { id: 'select', icon: 'pin', takes: 'nothing', needs: 0, fields: [], edit: null },
  {
    id: 'door', icon: 'door', takes: 'wall', needs: 1,
    fields: [{ name: 'width', type: 'number', first: '1.0' }, { name: 'kind', type: 'choice', choices: DOOR_KINDS, first: 'swing' }],
    edit: ({ floor, line }, { kind }) => ({ op: 'draw_opening', floor, line, kind }),
  },
  { id: 'walkable', icon: 'close', takes: 'spaces', needs: 1, fields: [], edit: ({ spaces }) => ({ op: 'set_walkable', space: spaces[0], walkable: false }) },
  { id: 'join', icon: 'pair', takes: 'spaces', needs: 2, fields: [], edit: ({ spaces }) => ({ op: 'join_spaces', a: spaces[0], b: spaces[1] }) },
  { id: 'room', icon: 'plan', takes: 'points', needs: 3, fields: [...NAME, { name: 'kind', type: 'choice', choices: ROOM_KINDS, first: 'room' }], edit: ({ floor, points }, values) => ({ op: 'draw_space', floor, outline: points.map(({ at }) => at), name: nameOf(values), kind: values.kind }) },
  { id: 'link', icon: 'stairs', takes: 'points', needs: 2, fields: [...NAME, { name: 'kind', type: 'choice', choices: LINK_KINDS, first: 'stairs' }], edit: ({ points }, values) => ({ op: 'add_link', kind: values.kind, stops: points, name: nameOf(values) }) },
  { id: 'poi', icon: 'info', takes: 'point', needs: 1, fields: [{ name: 'kind', type: 'choice', choices: POI_KINDS, first: 'rest' }, ...NAME], edit: (pointed, values) => ({ op: 'add_poi', ...spot(pointed), kind: values.kind, name: nameOf(values) }) },
  { id: 'device', icon: 'camera', takes: 'point', needs: 1, fields: [{ name: 'kind', type: 'choice', choicesOf: 'kinds' }, ...NAME], edit: (pointed, values) => ({ op: 'add_device', ...spot(pointed), kind: values.kind, name: nameOf(values) }) },
  {
    id: 'window', icon: 'counter', takes: 'point', needs: 1,
    fields: [{ name: 'number', type: 'text' }, { name: 'facing', type: 'choice', choicesOf: 'facing', first: '270' }, { name: 'department', type: 'choice', choicesOf: 'departments', optional: true }],
    edit: (pointed, { number, facing, department }) => ({ op: 'add_window', ...spot(pointed), number, facing_deg: Number(facing), ...(department ? { department } : {}) }),
  },
  { id: 'zone', icon: 'layers', takes: 'spaces', needs: 1, fields: [{ name: 'kind', type: 'choice', choices: ZONE_KINDS, first: 'queue' }, ...NAME, { name: 'capacity', type: 'number', optional: true }], edit: ({ floor, spaces, zone }, values) => (zone !== null ? { op: 'change_zone', id: zone, spaces, ...(values.capacity ? { capacity: Number(values.capacity) } : {}) } : { op: 'add_zone', floor, kind: values.kind, spaces, name: nameOf(values), ...(values.capacity ? { capacity: Number(values.capacity) } : {}) }) },
  { id: 'route', icon: 'route', takes: 'points', needs: 2, fields: [{ name: 'profile', type: 'choice', choices: ['walk', 'wheelchair', 'elder', 'low-vision', 'pushchair', 'staff'], first: 'walk' }], edit: null },
];

export const EMPTY = (floor: string): Pointed => ({ floor, line: null, points: [], spaces: [], zone: null });

export function firstValues(tool: Tool): Values {
  return Object.fromEntries(tool.fields.map((field) => [field.name, field.first ?? '']));
}

/** How many of what is needed have been pointed at. */
export function given(tool: Tool, pointed: Pointed): number {
  if (tool.takes === 'wall') return pointed.line ? 1 : 0;
  return tool.takes === 'spaces' ? pointed.spaces.length : pointed.points.length;
}

/** The field that still waits for an answer. */
export function lacking(tool: Tool, values: Values): Field | null {
  return tool.fields.find((field) => !field.optional && !values[field.name]?.trim()) ?? null;
}
