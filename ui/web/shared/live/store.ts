/** What the live feed has told so far: one mutable picture, read by components through small subscriptions. */
import type { Alarm, Call, Command, Desired, EntityPoints, Problem, ServerMessage, Ticket } from '@/shared/api/types';

export type LiveState = 'connecting' | 'live' | 'stale' | 'offline';
/** What changed: an entity id, or one of these. */
export type Topic = string;
export const ALARMS = '$alarms';
export const CALLS = '$calls';
export const COMMANDS = '$commands';
export const TICKET = '$ticket';
/** What is wanted of points. */
export const DESIRED = '$desired';
export const STATUS = '$status';
/** A new version of the building was published. */
export const BUILDING = '$building';
/** The feed tells a time before now, or no longer. */
export const REPLAY = '$replay';
/** Any entity at all. */
export const ENTITIES = '$entities';

/** Where a replay stood when it last said so (`heard_ms`, by our own clock). */
export interface Replay {
  at_ms: number;
  speed: number;
  paused: boolean;
  known: boolean;
  heard_ms: number;
}

/** A playing replay says more often than this where it is: without its word the clock stands. */
const CLOCK_WITHIN_MS = 1_000;
const MAX_CALLS = 20;
const MAX_COMMANDS = 200;
const MAX_CLOSED_ALARMS = 100;
const NO_POINTS: EntityPoints = Object.freeze({});
/** What is wanted of one entity, by point. */
export type Wanted = Readonly<Record<string, Desired>>;
const NOTHING_WANTED: Wanted = Object.freeze({});

export class LiveStore {
  epoch: string | null = null;
  seq = 0;
  state: LiveState = 'connecting';
  /** Server time minus our own, so that ages are right on a wrongly set clock. */
  clockOffsetMs = 0;
  /** null: the feed tells what is true now. */
  replay: Replay | null = null;
  /** Why the hall refused what was last asked of this feed. */
  problem: Problem | null = null;
  lastMessageMs: number | null = null;
  /** The version of the building that the hall works on; null: not told yet. */
  building: string | null = null;

  /** A picture has come: what does not stand in it is not known. */
  told = false;

  /** The line stands, and who is at its other end hears nothing of the hall. */
  private behind = false;
  private entities = new Map<string, EntityPoints>();
  private alarmById = new Map<string, Alarm>();
  private commandById = new Map<string, Command>();
  private wantedBy = new Map<string, Wanted>();
  private callList: readonly Call[] = [];
  private ticketNow: Ticket | null = null;
  private alarmList: readonly Alarm[] = [];
  private commandList: readonly Command[] = [];
  private readonly listeners = new Map<Topic, Set<() => void>>();

  subscribe(topic: Topic, listener: () => void): () => void {
    const set = this.listeners.get(topic) ?? new Set();
    this.listeners.set(topic, set.add(listener));
    return () => {
      set.delete(listener);
      if (set.size === 0) this.listeners.delete(topic);
    };
  }

  entity(id: string): EntityPoints {
    return this.entities.get(id) ?? NO_POINTS;
  }
  entityIds(): IterableIterator<string> {
    return this.entities.keys();
  }
  alarms(): readonly Alarm[] {
    return this.alarmList;
  }
  desired(id: string): Wanted {
    return this.wantedBy.get(id) ?? NOTHING_WANTED;
  }
  calls(): readonly Call[] {
    return this.callList;
  }
  commands(): readonly Command[] {
    return this.commandList;
  }
  ticket(): Ticket | null {
    return this.ticketNow;
  }

  /** The time that the picture is of: of the hall's own clock, or of the replay's. */
  nowMs(ownMs: number): number {
    if (!this.replay) return ownMs + this.clockOffsetMs;
    const { at_ms, speed, paused, heard_ms } = this.replay;
    return paused ? at_ms : at_ms + Math.min(Math.max(0, ownMs - heard_ms), CLOCK_WITHIN_MS) * speed;
  }

  noteProblem(problem: Problem | null): void {
    if (problem === this.problem) return;
    this.problem = problem;
    this.tell([STATUS]);
  }
  setState(state: LiveState): void {
    if (state === this.state) return;
    this.state = state;
    this.tell([STATUS]);
  }

  /** The answer to this page's own request: the feed may have told more of that command already, and is not undone. */
  noteAnswer(command: Command): void {
    const known = this.commandById.get(command.id);
    if (known === undefined || known.state === 'armed') this.noteCommand(command);
  }
  /** A command just sent by this page: shown before the feed repeats it. */
  noteCommand(command: Command): void {
    this.putCommand(command);
    this.tell([COMMANDS]);
  }
  noteAlarm(alarm: Alarm): void {
    this.putAlarm(alarm);
    this.tell([ALARMS]);
  }

  apply(message: Exclude<ServerMessage, { type: 'problem' }>, nowMs: number): void {
    this.lastMessageMs = nowMs;
    if ('seq' in message) this.seq = message.seq;
    switch (message.type) {
      case 'hello':
        this.greet(message, nowMs);
        break;
      case 'clock':
        this.setReplay({ at_ms: message.at_ms, speed: message.speed, paused: message.paused, known: message.known, heard_ms: nowMs });
        break;
      case 'stale':
        this.behind = message.since_ms !== null;
        break;
      case 'ping':
        if (!this.replay) this.clockOffsetMs = message.now_ms - nowMs;
        break;
      case 'snap':
        this.replace(message);
        this.noteBuilding(message.building);
        break;
      case 'delta':
        this.tell(this.merge(message.entities));
        break;
      case 'alarm':
        this.noteAlarm(message.alarm);
        break;
      case 'call':
        this.callList = [message.call, ...this.callList.filter((call) => call.n !== message.call.n)].slice(0, MAX_CALLS);
        this.tell([CALLS]);
        break;
      case 'command':
        this.noteCommand(message.command);
        break;
      case 'desired':
        this.putDesired(message.desired);
        this.tell([DESIRED]);
        break;
      case 'building':
        this.noteBuilding(message.version);
        break;
      case 'ticket':
        this.ticketNow = message.ticket;
        this.tell([TICKET]);
        break;
    }
    this.setState(this.behind ? 'stale' : 'live');
  }

  /** A replay has a place in time, not in the feed: it is not resumed, and the live feed after it starts anew. */
  private greet(hello: Extract<ServerMessage, { type: 'hello' }>, nowMs: number): void {
    this.noteProblem(null);
    this.behind = false;
    this.epoch = hello.replay ? null : hello.epoch;
    if (!hello.replay) this.clockOffsetMs = hello.now_ms - nowMs;
    this.setReplay(hello.replay ? { at_ms: hello.now_ms, speed: 1, paused: true, known: true, heard_ms: nowMs } : null);
  }

  private setReplay(replay: Replay | null): void {
    if (replay === this.replay) return;
    this.replay = replay;
    this.tell([REPLAY]);
  }

  private noteBuilding(version: string | null): void {
    if (version === null || version === this.building) return;
    this.building = version;
    this.tell([BUILDING]);
  }

  private replace(snap: Extract<ServerMessage, { type: 'snap' }>): void {
    const before = [...this.entities.keys()];
    this.told = true;
    this.entities = new Map();
    this.merge(snap.entities);
    if (snap.alarms) {
      this.alarmById = new Map();
      for (const alarm of snap.alarms) this.alarmById.set(alarm.id, alarm);
      this.sortAlarms();
    }
    if (snap.commands) {
      this.commandById = new Map();
      for (const command of snap.commands) this.putCommand(command);
    }
    this.wantedBy = new Map();
    for (const one of snap.desired ?? []) this.putDesired(one);
    if (snap.calls) this.callList = [...snap.calls].sort((a, b) => b.n - a.n).slice(0, MAX_CALLS);
    this.ticketNow = snap.tickets?.[0] ?? null;
    this.tell([...new Set([...before, ...this.entities.keys()]), ENTITIES, ALARMS, CALLS, COMMANDS, DESIRED, TICKET]);
  }

  private merge(changes: Record<string, EntityPoints>): Topic[] {
    for (const [id, points] of Object.entries(changes)) this.entities.set(id, { ...this.entities.get(id), ...points });
    return [...Object.keys(changes), ENTITIES];
  }

  private putAlarm(alarm: Alarm): void {
    this.alarmById.set(alarm.id, alarm);
    this.sortAlarms();
  }

  private sortAlarms(): void {
    const closed = [...this.alarmById.values()].filter((alarm) => alarm.state === 'closed').sort((a, b) => b.raised_ms - a.raised_ms);
    for (const alarm of closed.slice(MAX_CLOSED_ALARMS)) this.alarmById.delete(alarm.id);
    this.alarmList = [...this.alarmById.values()].sort((a, b) => a.priority - b.priority || b.raised_ms - a.raised_ms);
  }

  private putDesired(one: Desired): void {
    const others = Object.entries(this.desired(one.entity)).filter(([point]) => point !== one.point);
    this.wantedBy.set(one.entity, Object.fromEntries(one.value === null ? others : [...others, [one.point, one]]));
  }

  private putCommand(command: Command): void {
    this.commandById.set(command.id, command);
    this.commandList = [...this.commandById.values()].sort((a, b) => b.created_ms - a.created_ms);
    for (const old of this.commandList.slice(MAX_COMMANDS)) this.commandById.delete(old.id);
    this.commandList = this.commandList.slice(0, MAX_COMMANDS);
  }

  private tell(topics: Iterable<Topic>): void {
    for (const topic of topics) for (const listener of [...(this.listeners.get(topic) ?? [])]) listener();
  }
}
