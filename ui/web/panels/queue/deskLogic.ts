/** What a clerk can do at a window right now, and why not: pure. */
import type { DeskWindow, Visitor } from '@/shared/api/types';

export type Step = 'open' | 'pause' | 'close' | 'call-next' | 'recall' | 'no-show' | 'start' | 'finish';
export type Why = 'held' | 'offline' | 'nobody' | 'noVisitor' | 'begun' | 'visitor' | 'closed' | 'notOpen';
export type Window = Pick<DeskWindow, 'state' | 'online' | 'staffed_by' | 'current' | 'next' | 'waiting'>;

/** The one large button: its word, the ticket it is about, the requests it makes one after the other. */
export interface Primary {
  word: 'open' | 'resume' | 'call' | 'start' | 'finish' | 'finishNext';
  number: string;
  steps: readonly Step[];
  why: Why | null;
}

export function primaryOf(window: Window, me: string): Primary {
  const { state, online, current, next, waiting } = window;
  const why: Why | null = isHeld(window, me) ? 'held' : null;
  const first = next[0]?.number ?? '';
  if (current?.state === 'called') return { word: 'start', number: current.number, steps: ['start'], why };
  if (current && online && waiting > 0) return { word: 'finishNext', number: first, steps: ['finish', 'call-next'], why };
  if (current) return { word: 'finish', number: current.number, steps: ['finish'], why };
  if (state === 'closed') return { word: 'open', number: '', steps: ['open'], why };
  if (state === 'break') return { word: 'resume', number: '', steps: ['open'], why };
  return { word: 'call', number: first, steps: ['call-next'], why: why ?? (!online ? 'offline' : waiting === 0 ? 'nobody' : null) };
}

export type Other = 'recall' | 'no-show' | 'transfer' | 'finish' | 'pause' | 'close';

/** Why another button cannot be pressed now; null: it can. */
export function whyNot(action: Other, window: Window, me: string): Why | null {
  const { state, online, current } = window;
  if (isHeld(window, me)) return 'held';
  switch (action) {
    case 'pause':
      if (current) return 'visitor';
      return state === 'open' ? null : 'notOpen';
    case 'close':
      if (current) return 'visitor';
      return state === 'closed' ? 'closed' : null;
    case 'transfer':
      return current ? null : 'noVisitor';
    case 'finish':
      return current?.state === 'serving' ? null : 'noVisitor';
    case 'recall':
    case 'no-show':
      if (!current) return 'noVisitor';
      if (current.state !== 'called') return 'begun';
      return action === 'recall' && !online ? 'offline' : null;
  }
}

export function isHeld({ staffed_by }: Pick<DeskWindow, 'staffed_by'>, me: string): boolean {
  return staffed_by !== null && staffed_by !== me;
}

/** 4:12, 1:04:12: a running time. */
export function runningTime(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1_000));
  const two = (n: number) => String(n).padStart(2, '0');
  const hours = Math.floor(s / 3_600);
  const minutes = Math.floor(s / 60) % 60;
  return hours > 0 ? `${String(hours)}:${two(minutes)}:${two(s % 60)}` : `${String(minutes)}:${two(s % 60)}`;
}

/** Whole minutes waited until called, or until now. */
export function waitedMin(visitor: Pick<Visitor, 'issued_ms' | 'called_ms'>, nowMs: number): number {
  return Math.max(0, Math.floor(((visitor.called_ms ?? nowMs) - visitor.issued_ms) / 60_000));
}

/** The screen has not said yet whether it shows what it was sent. */
export function screenPending(screen: string | null): boolean {
  return screen === 'queued' || screen === 'sent' || screen === 'accepted';
}
export function screenFailed(screen: string | null): boolean {
  return screen === 'failed' || screen === 'refused' || screen === 'expired';
}
