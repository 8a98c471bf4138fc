/** The live feed for components: each re-renders only for what it reads. */
import {
  createContext, useCallback, useContext, useEffect, useEffectEvent, useMemo, useRef, useState, useSyncExternalStore, type ReactNode,
} from 'react';
import type { Alarm, Call, Command, EntityPoints, Problem, Ticket } from '@/shared/api/types';
import { connectLive, type LiveConnection, type LiveOptions, type ReplayControl, type ReplayFrom } from './connect';
import { ALARMS, BUILDING, CALLS, COMMANDS, DESIRED, LiveStore, REPLAY, STATUS, TICKET, type LiveState, type Replay, type Topic, type Wanted } from './store';

const LiveContext = createContext<LiveStore>(new LiveStore());

/** Through time: the same store hears the replay instead of the feed. */
export interface Travel {
  /** To another moment; from now, the replay stands there at first. */
  to: (atMs: number) => void;
  steer: (control: ReplayControl) => void;
  toLive: () => void;
}
const TravelContext = createContext<Travel>({ to: () => undefined, steer: () => undefined, toLive: () => undefined });

type ProviderProps = Omit<LiveOptions, 'replay'> & { children: ReactNode };

/** Another view is another picture: it starts anew. */
export function LiveProvider(props: ProviderProps) {
  return <Connected key={`${props.transport} ${props.view}`} {...props} />;
}

function Connected({ children, view, transport, hz, onRefused }: ProviderProps) {
  const [store] = useState(() => new LiveStore());
  const refused = useEffectEvent(() => onRefused?.());
  const [replay, setReplay] = useState<ReplayFrom | null>(null);
  const link = useRef<LiveConnection>(null);
  useEffect(() => {
    const made = connectLive({ view, transport, replay, onRefused: () => { refused(); }, ...(hz !== undefined && { hz }) }, store);
    link.current = made;
    return made.close;
  }, [view, transport, hz, store, replay]);
  const travel = useMemo<Travel>(() => ({
    to: (at) => {
      if (link.current?.replaying) link.current.steer({ at });
      else setReplay({ at, speed: 1, paused: true });
    },
    steer: (control) => { link.current?.steer(control); },
    toLive: () => { setReplay(null); },
  }), []);
  return <LiveContext value={store}><TravelContext value={travel}>{children}</TravelContext></LiveContext>;
}

export function useLiveStore(): LiveStore {
  return useContext(LiveContext);
}

function useTopic<T>(topic: Topic, read: (store: LiveStore) => T): T {
  const store = useLiveStore();
  const subscribe = useCallback((changed: () => void) => store.subscribe(topic, changed), [store, topic]);
  return useSyncExternalStore(subscribe, () => read(store));
}

export function useEntity(id: string): EntityPoints {
  return useTopic(id, (store) => store.entity(id));
}
export function useAlarms(): readonly Alarm[] {
  return useTopic(ALARMS, (store) => store.alarms());
}
export function useCalls(): readonly Call[] {
  return useTopic(CALLS, (store) => store.calls());
}
export function useCommands(): readonly Command[] {
  return useTopic(COMMANDS, (store) => store.commands());
}
/** What is wanted of one entity's points; in a replay nothing is told of it. */
export function useDesired(id: string): Wanted {
  return useTopic(DESIRED, (store) => store.desired(id));
}
export function useTicket(): Ticket | null {
  return useTopic(TICKET, (store) => store.ticket());
}
/** The version the hall works on: what was read of another one is asked for again. */
export function useBuildingVersion(): string | null {
  return useTopic(BUILDING, (store) => store.building);
}
export function useLiveState(): LiveState {
  return useTopic(STATUS, (store) => store.state);
}

/** Where the replay stands; null: what is shown is now. */
export function useReplay(): Replay | null {
  return useTopic(REPLAY, (store) => store.replay);
}
export function useTravel(): Travel {
  return useContext(TravelContext);
}
export function useFeedProblem(): Problem | null {
  return useTopic(STATUS, (store) => store.problem);
}

/** The time that is shown (the hall's own, or a replay's), renewed every second (or slower), for ages and clocks. */
export function useNow(everyMs = 1_000): number {
  const store = useLiveStore();
  useReplay();
  return store.nowMs(useOwnNow(everyMs));
}

/** By the reader's own clock. */
export function useOwnNow(everyMs = 1_000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(Date.now());
    }, everyMs);
    return () => {
      clearInterval(timer);
    };
  }, [everyMs]);
  return now;
}
