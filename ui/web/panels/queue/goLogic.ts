/** What a ticket means to its holder at this moment: pure. */
import type { Ticket } from '@/shared/api/types';

const WAITING: ReadonlySet<Ticket['state']> = new Set(['issued', 'transferred']);
const LIVE: ReadonlySet<Ticket['state']> = new Set(['issued', 'transferred', 'called', 'serving']);

export const isWaiting = (ticket: Pick<Ticket, 'state'>): boolean => WAITING.has(ticket.state);
export const isLive = (ticket: Pick<Ticket, 'state'>): boolean => LIVE.has(ticket.state);

type Progress = Pick<Ticket, 'issued_ms' | 'called_ms' | 'started_ms' | 'ended_ms' | 'calls'>;
const reached = (ticket: Progress): number => Math.max(ticket.issued_ms, ticket.called_ms ?? 0, ticket.started_ms ?? 0, ticket.ended_ms ?? 0);

/** Called while reading something else: the page turns to the call. On the way already, a second call only rings. */
export function onCall(view: string, calls: number): 'turn' | 'ring' | 'shown' {
  if (view === 'ticket') return 'shown';
  return view === 'route' && calls > 1 ? 'ring' : 'turn';
}

/** An answer asked for before a call and told after it is older than what the feed said: it is not shown. */
export function isOlder(asked: Progress, known: Progress): boolean {
  return reached(asked) < reached(known) || (reached(asked) === reached(known) && asked.calls < known.calls);
}

/** The axis below a range ends at a round number of minutes, with the range well inside. */
export function axisEndMin(high: number): number {
  const steps = [5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240];
  return steps.find((step) => step >= high * 1.15) ?? Math.ceil(high / 60) * 60;
}

/** When to set out, for the soonest call and a walk: minutes from now; 0: now. Null: nobody can say. */
export function setOutInMin(waitMin: readonly [number, number] | null, walkS: number): number | null {
  if (!waitMin) return null;
  const spare_min = 1;
  return Math.max(0, Math.floor(waitMin[0] - walkS / 60 - spare_min));
}
