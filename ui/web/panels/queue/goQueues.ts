/** The hall's queues on a phone: asked once, then as the feed tells. */
import { useEffect, useState } from 'react';
import { useKept } from '@/pages/go/goKept';
import type { Queue } from '@/shared/api/types';
import { useLiveStore } from '@/shared/live/hooks';
import { ENTITIES } from '@/shared/live/store';
import { queueOf } from './board';

const NONE: readonly Queue[] = [];

export function useQueues(): { queues: readonly Queue[]; error: unknown; again: () => void; keptMs: number | null } {
  const { data, error, again, keptMs } = useKept<Queue[]>('/queue/summary');
  const store = useLiveStore();
  const [, redraw] = useState(0);
  useEffect(() => store.subscribe(ENTITIES, () => { redraw((n) => n + 1); }), [store]);
  return { queues: data?.map((queue) => queueOf(queue, store)) ?? NONE, error, again, keptMs };
}

/** What the feed says of an item's department, else what came with the item. */
export function useServing<T extends Pick<Queue, 'department' | 'open_windows' | 'wait_min'> & { waiting: number | null }>(of: T): Pick<Queue, 'open_windows' | 'wait_min'> & { waiting: number | null } {
  const { queues } = useQueues();
  return queues.find((queue) => queue.department === of.department) ?? of;
}
