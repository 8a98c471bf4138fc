import { useEffect, useState } from 'react';
import { useAnswer } from '@/shared/api/useAnswer';
import type { Queue } from '@/shared/api/types';
import { useLiveStore } from '@/shared/live/hooks';
import { ENTITIES } from '@/shared/live/store';
import { queueOf } from './board';

const NONE: readonly Queue[] = [];
/** Which windows serve changes rarely; figures follow the feed. */
const AGAIN_MS = 15_000;

export function useQueues(): { queues: readonly Queue[]; error: unknown; again: () => void } {
  const { data, error, again } = useAnswer<Queue[]>('/queue/summary');
  const store = useLiveStore();
  const [, redraw] = useState(0);
  useEffect(() => store.subscribe(ENTITIES, () => { redraw((n) => n + 1); }), [store]);
  useEffect(() => {
    const timer = setInterval(again, AGAIN_MS);
    return () => { clearInterval(timer); };
  }, [again]);
  return { queues: data ? data.map((queue) => queueOf(queue, store)) : NONE, error, again };
}
