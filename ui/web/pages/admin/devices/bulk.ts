/** One act on many devices: a few at a time, each with its own outcome and reason. */
import type { Command } from '@/shared/api/types';
import { COMMANDS, type LiveStore } from '@/shared/live/store';

const AT_ONCE = 6;
const GRACE_MS = 5_000;

export interface Outcome {
  state: 'waiting' | 'done' | 'failed';
  why: string;
}

/** `act` answers with words on how it went; what it throws becomes the reason. One that fails stops nobody else. */
export async function eachOf(keys: readonly string[], act: (key: string) => Promise<Outcome>, tell: (key: string, outcome: Outcome) => void, whyOf: (reason: unknown) => string): Promise<void> {
  const waiting = [...keys];
  const work = async () => {
    for (let key = waiting.shift(); key !== undefined; key = waiting.shift()) {
      try {
        tell(key, await act(key));
      } catch (reason) {
        tell(key, { state: 'failed', why: whyOf(reason) });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, keys.length) }, work));
}

/** A command's end, as the live feed tells it; null where it did not tell in time. */
export function endOf(store: LiveStore, sent: Command): Promise<Command | null> {
  return new Promise((resolve) => {
    const look = () => {
      const known = store.commands().find((command) => command.id === sent.id);
      if (known && known.ended_ms !== null) finish(known);
    };
    const stop = store.subscribe(COMMANDS, look);
    const timer = setTimeout(() => { finish(null); }, Math.max(0, Math.max(sent.due_ms, sent.expires_ms) - sent.created_ms) + GRACE_MS);
    const finish = (end: Command | null) => {
      clearTimeout(timer);
      stop();
      resolve(end);
    };
    look();
  });
}
