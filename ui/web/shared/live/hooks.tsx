/** The live feed for components: each re-renders only for what it reads. */
import {
  createContext, useCallback, useContext, useEffect, useEffectEvent, useState, useSyncExternalStore, type ReactNode,
} from 'react';
import type { Alarm, Call, Command, EntityPoints, Ticket } from '@/shared/api/types';
import { connectLive, type LiveOptions } from './connect';
import { ALARMS, BUILDING, CALLS, COMMANDS, LiveStore, STATUS, TICKET, type LiveState, type Topic } from './store';

const LiveContext = createContext<LiveStore>(new LiveStore());

type ProviderProps = LiveOptions & { children: ReactNode };

/** Another view is another picture: it starts anew. */
export function LiveProvider(props: ProviderProps) {
  return <Connected key={`${props.transport} ${props.view}`} {...props} />;
}

function Connected({ children, view, transport, hz, onRefused }: ProviderProps) {
  const [store] = useState(() => new LiveStore());
  const refused = useEffectEvent(() => onRefused?.());
  useEffect(
    () => connectLive({ view, transport, onRefused: () => { refused(); }, ...(hz !== undefined && { hz }) }, store).close,
    [view, transport, hz, store],
  );
  return <LiveContext value={store}>{children}</LiveContext>;
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

/** The hall's own time, renewed every second (or slower), for ages and clocks. */
export function useNow(everyMs = 1_000): number {
  const store = useLiveStore();
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(Date.now());
    }, everyMs);
    return () => {
      clearInterval(timer);
    };
  }, [everyMs]);
  return now + store.clockOffsetMs;
}
