import { useLiveStore, useNow, useOwnNow, useReplay } from '@/shared/live/hooks';
import { spanOf, type Preset, type Span } from './scale';

/** The time that is shown, renewed every second (or slower). `at` null: now. */
export function useSpan(preset: Preset, everyMs?: number): { now: number; at: number | null; span: Span } {
  const store = useLiveStore();
  const past = useReplay() !== null;
  const shown = useNow(everyMs);
  const now = useOwnNow(everyMs) + store.clockOffsetMs;
  const at = past ? Math.round(shown) : null;
  return { now, at, span: spanOf(preset, now, at) };
}
