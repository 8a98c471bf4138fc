/** What a board shows, from what the feed told: pure. */
import type { Call, EntityPoints, Queue } from '@/shared/api/types';
import type { LiveStore } from '@/shared/live/store';

/** The newest call of each ticket, newest first: one called again stands once, on top. */
export function freshCalls(calls: readonly Call[], most: number): Call[] {
  const seen = new Set<string>();
  const kept: Call[] = [];
  for (const call of [...calls].sort((a, b) => b.n - a.n)) {
    if (seen.has(call.number)) continue;
    seen.add(call.number);
    kept.push(call);
  }
  return kept.slice(0, most);
}

/** A queue with its figures as the feed last told them. */
export function queueOf(queue: Queue, store: Pick<LiveStore, 'entity'>): Queue {
  const points = store.entity(queue.id);
  const waiting = points.waiting?.[0];
  const low = points.wait_lo_min?.[0];
  const high = points.wait_hi_min?.[0];
  const known = points.wait_known?.[0];
  const site = queue.id.slice(0, queue.id.indexOf(':'));
  const isOpen = (number: string) => {
    const told = store.entity(`${site}:window:${number}`).open?.[0];
    return told === undefined ? queue.open_windows.includes(number) : told === true;
  };
  return {
    ...queue,
    open_windows: queue.windows.filter(isOpen),
    waiting: typeof waiting === 'number' ? waiting : queue.waiting,
    wait_min: known === false ? null : typeof low === 'number' && typeof high === 'number' ? [low, high] : queue.wait_min,
  };
}

/** Where most people wait; queues nobody waits in come last, in the hall's order. */
export function longestQueues(queues: readonly Queue[], most: number): Queue[] {
  return queues
    .map((queue, at) => ({ queue, at }))
    .sort((a, b) => b.queue.waiting - a.queue.waiting || Number(b.queue.open_windows.length > 0) - Number(a.queue.open_windows.length > 0) || a.at - b.at)
    .slice(0, most)
    .map(({ queue }) => queue);
}

/** Never a single minute: a range, or that it cannot be told. */
export function rangeText(range: readonly [number, number] | readonly number[] | null | undefined): string {
  if (!range || range.length < 2) return '—';
  const [low, high] = range;
  return `${String(low)}–${String(high)}`;
}

/** A03 A04 A05 A07 -> A03–A05 A07: a row of neighbours takes the room of two. */
export function windowsText(numbers: readonly string[]): string {
  const runs: [first: string, last: string][] = [];
  for (const number of [...numbers].sort()) {
    const run = runs.at(-1);
    if (run && follows(run[1], number)) run[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([first, last]) => (first === last ? first : follows(first, last) ? `${first} ${last}` : `${first}–${last}`)).join(' ');
}

function follows(a: string, b: string): boolean {
  const [, letterA = '', digitsA = ''] = /^(\D*)(\d+)$/.exec(a) ?? [];
  const [, letterB = '', digitsB = ''] = /^(\D*)(\d+)$/.exec(b) ?? [];
  return digitsA !== '' && letterA === letterB && Number(digitsB) === Number(digitsA) + 1;
}

export type ScreenState = 'called' | 'serving' | 'free' | 'paused' | 'closed';

/** What a window's screen says, from the window's points. Before the feed has told anything: closed. */
export function screenState(points: EntityPoints): ScreenState {
  if (points.called?.[0]) return points.serving?.[0] === true ? 'serving' : 'called';
  if (points.state?.[0] === 'break') return 'paused';
  return points.open?.[0] === true && points.online?.[0] !== false ? 'free' : 'closed';
}
