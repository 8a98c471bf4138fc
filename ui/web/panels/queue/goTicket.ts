/** A ticket as it stands now: what the feed told, and what was asked since. */
import { useEffect, useMemo, useRef, useState } from 'react';
import { useGo } from '@/pages/go/go';
import { useKept } from '@/pages/go/goKept';
import type { Ticket } from '@/shared/api/types';
import { useEntity, useLiveState, useTicket } from '@/shared/live/hooks';
import { isOlder } from './goLogic';

export interface TicketNow {
  ticket: Ticket | null;
  error: unknown;
  again: () => void;
  keptMs: number | null;
}

/** Without the feed the ticket is asked for instead. */
const AGAIN_MS = 10_000;

/** The feed tells the nearest few; those far back ask again whenever their queue moves. */
export function useTicketNow(token: string): TicketNow {
  const { building } = useGo();
  const { data: asked, error, again, keptMs } = useKept<Ticket>(`/queue/tickets/${encodeURIComponent(token)}`);
  const told = useTold(token);
  const ticket = useNewest(asked, told);
  const queue = useEntity(ticket ? `${building.site}:queue:${ticket.queue}` : '');
  const moved = JSON.stringify([queue.waiting?.[0], queue.wait_lo_min?.[0], queue.wait_hi_min?.[0], queue.open?.[0]]);
  const known = useRef(moved);
  useEffect(() => {
    if (known.current === moved) return;
    known.current = moved;
    again();
  }, [moved, again]);
  const deaf = useLiveState() !== 'live';
  useEffect(() => {
    if (!deaf) return;
    const timer = setInterval(again, AGAIN_MS);
    return () => { clearInterval(timer); };
  }, [deaf, again]);
  return { ticket, error: ticket ? null : error, again, keptMs };
}

/** The feed of a ticket tells that one alone, and never says its token: that is the holder's secret. */
export function useTold(token: string | null): Ticket | null {
  const live = useTicket();
  return useMemo(() => (live && token !== null ? { ...live, token } : null), [live, token]);
}

/** Whichever came last, but no answer that was overtaken by the feed. */
function useNewest(asked: Ticket | null, told: Ticket | null): Ticket | null {
  const [seen, setSeen] = useState<{ asked: Ticket | null; told: Ticket | null; newest: Ticket | null }>({ asked: null, told: null, newest: null });
  if (seen.asked === asked && seen.told === told) return seen.newest;
  let { newest } = seen;
  if (asked && asked !== seen.asked && !(newest && isOlder(asked, newest))) newest = asked;
  if (told && told !== seen.told) newest = told;
  setSeen({ asked, told, newest });
  return newest;
}
