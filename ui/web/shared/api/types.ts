/** The shapes that come over HTTP (generated: schema.d.ts), in scenes and over the live feed, under short names. */
import type { components } from './schema';

type Schemas = components['schemas'];
export type Text = { zh?: string; en?: string } & Record<string, string | undefined>;
export type XY = [number, number];
export type XYZ = [number, number, number];

export interface Problem {
  type?: string;
  title?: string;
  status: number;
  detail?: string;
  text?: Text;
  candidates?: { id: string; name?: Text; number?: string; floor?: string }[];
  reason?: string;
  [key: string]: unknown;
}

export type Actor = Schemas['ActorOut'];
export type Session = Schemas['SessionOut'];
export type BuildingInfo = Schemas['BuildingOut'];
export type DeviceInfo = Schemas['DeviceOut'];

/* ---- the scene: geometry for the 3D engine and the plan, metres, Z up ---- */
export type Polygon = { outer: XY[]; holes: XY[][] };
export interface SceneFloor {
  id: string;
  number: string;
  name: Text;
  ordinal: number;
  elevation_m: number;
  height_m: number;
  outline: Polygon[];
}
export interface SceneSpace {
  id: string;
  floor: string;
  name: Text;
  number: string;
  kind: string;
  access: string;
  walkable: boolean;
  polygons: Polygon[];
  z0_m: number;
  height_m: number;
  label: XY;
}
export interface SceneWall {
  floor: string;
  kind: string;
  polygons: Polygon[];
  z0_m: number;
  height_m: number;
}
export interface SceneOpening {
  id: string;
  floor: string;
  kind: string;
  name: Text;
  line: [XY, XY];
  z0_m: number;
  height_m: number;
  between: [string | null, string | null];
  controlled: boolean;
  exit: boolean;
  device: string | null;
}
export interface SceneLink {
  id: string;
  kind: string;
  name: Text;
  direction: string;
  stops: { floor: string; space: string | null; at: XY }[];
  width_m: number;
  paths: XYZ[][];
  device: string | null;
}
export interface SceneWindow {
  id: string;
  number: string;
  floor: string;
  at: XY;
  stand: XY;
  facing_deg: number;
  department: string | null;
  name: Text;
  business?: Text;
  screen: string | null;
  terminal: string | null;
  low_counter: boolean;
}
export interface SceneFurniture {
  id: string;
  floor: string;
  kind: string;
  polygons: Polygon[];
  z0_m: number;
  height_m: number;
}
export interface SceneSeat {
  id: string;
  floor: string;
  at: XY;
  facing_deg: number;
  sensor: string | null;
}
export interface SceneBay {
  id: string;
  floor: string;
  kind: string;
  polygons: Polygon[];
  sensor: string | null;
}
export interface ScenePoi {
  id: string;
  floor: string;
  kind: string;
  name: Text;
  at: XY;
}
export interface SceneDevice {
  id: string;
  kind: string;
  name: Text;
  floor: string;
  space: string | null;
  at: XYZ;
  yaw_deg: number | null;
  serves: Record<string, unknown>;
}
export interface Scene {
  version: string;
  site: string;
  name: Text;
  bounds: [number, number, number, number, number, number];
  floors: SceneFloor[];
  spaces: SceneSpace[];
  walls: SceneWall[];
  openings: SceneOpening[];
  links: SceneLink[];
  windows: SceneWindow[];
  furniture: SceneFurniture[];
  seats: SceneSeat[];
  bays: SceneBay[];
  pois: ScenePoi[];
  zones: { id: string; kind: string; name: Text; spaces: string[] }[];
  departments: { id: string; name: Text; short: Text }[];
  devices?: SceneDevice[];
  outdoor: { id: string; name: Text; polygons: Polygon[]; z_m: number }[];
}

/* ---- places, routes ---- */
export type PlaceHit = Schemas['ui__api__building__PlaceOut'];
export type Profile = Schemas['ProfileOut'];
export type RouteStep = Omit<Schemas['StepOut'], 'kind'> & {
  kind: 'depart' | 'walk' | 'turn' | 'door' | 'gate' | 'stairs' | 'escalator' | 'ramp' | 'lift' | 'floor' | 'arrive';
};
export type Route = Omit<Schemas['RouteOut'], 'geometry' | 'steps'> & { geometry: XYZ[]; steps: RouteStep[] };

/** Places of a kind, the nearest first. */
export type Nearest = Schemas['NearestOut'];
/** How somebody is led: `route` null, there is no way; `why` it is another than before. */
export type Trip = Omit<Schemas['TripOut'], 'route'> & { route: Route | null };

/* ---- device kinds ---- */
export type PointType = 'float' | 'int' | 'bool' | 'enum' | 'str';
export interface KindPoint {
  name: string;
  label: Text;
  type: PointType;
  unit: string | null;
  range: [number, number] | null;
  values: Record<string, Text>;
  ttl_s: number;
  brick: string;
}
export interface KindArgument {
  name: string;
  label: Text;
  type: PointType;
  required: boolean;
  range: [number, number] | null;
  values: Record<string, Text>;
  max_length: number;
}
export interface KindCommand {
  name: string;
  label: Text;
  arguments: KindArgument[];
  timeout_s: number;
  /** none: one click; confirm: a reason is asked; arm: two steps, arm then fire. */
  danger: 'none' | 'confirm' | 'arm';
}
export interface Kind {
  kind: string;
  label: Text;
  brick: string;
  points: KindPoint[];
  events: unknown[];
  commands: KindCommand[];
  alarms: { name: string; label: Text; priority: 1 | 2 | 3 | 4 }[];
  look: { icon: string; layer: string; headline: string | null };
}

/* ---- twin ---- */
export type Value = string | number | boolean | null;
export type Quality = 'good' | 'uncertain' | 'bad' | string;
export type PointValue = [value: Value, quality: Quality, ts_ms: number];
export type EntityPoints = Record<string, PointValue>;

export type Alarm = Schemas['AlarmOut'];
export type Command = Schemas['CommandOut'];
export type CommandState = Command['state'];
/** What is wanted of one point, as the feed tells it; `value` null: nothing is any more. */
export type Desired = Omit<Schemas['DesiredOut'], 'value'> & { entity: string; point: string; value: Value };

/* ---- queue, guide, evaluation ---- */
export type Call = Schemas['CallOut'];
export type Ticket = Schemas['TicketOut'];
export type Queue = Schemas['QueueOut'];
export type Board = Schemas['BoardOut'];
export type DeskWindow = Schemas['WindowOut'];
export type Visitor = Schemas['VisitorOut'];
export type Item = Schemas['ItemOut'];
export type ItemDetail = Schemas['ItemDetailOut'];
export type Paired = Schemas['PairedOut'];

/* ---- live feed ---- */
export type ServerMessage =
  | { type: 'hello'; epoch: string; seq: number; proto: number; now_ms: number; replay?: boolean }
  /** Of a replay only: where it stands. `known` false: the hall was not recording then. */
  | { type: 'clock'; at_ms: number; speed: number; paused: boolean; known: boolean }
  | {
      type: 'snap'; seq: number; building: string | null; entities: Record<string, EntityPoints>;
      alarms?: Alarm[]; calls?: Call[]; commands?: Command[]; tickets?: Ticket[]; desired?: Desired[];
    }
  | { type: 'delta'; seq: number; entities: Record<string, EntityPoints> }
  | { type: 'alarm'; seq: number; n: number; alarm: Alarm }
  | { type: 'call'; seq: number; n: number; call: Call }
  | { type: 'command'; seq: number; n: number; command: Command }
  | { type: 'desired'; seq: number; n: number; desired: Desired }
  | { type: 'ticket'; seq: number; n: number; ticket: Ticket }
  | { type: 'building'; seq: number; n: number; version: string; diff: Record<'added' | 'removed' | 'moved' | 'changed', number> }
  | { type: 'ping'; now_ms: number }
  /** The process that serves this page hears nothing from the hall since then; null: it does again. */
  | { type: 'stale'; since_ms: number | null }
  | { type: 'problem'; status: number; title?: string; detail?: string };
