import { useT } from '@/shared/i18n';
import { useNow } from '@/shared/live/hooks';

const STEPS = [
  { below: 60_000, unit: 1_000, age: 'age.s', stale: 'age.staleS' },
  { below: 3_600_000, unit: 60_000, age: 'age.min', stale: 'age.staleMin' },
  { below: 86_400_000, unit: 3_600_000, age: 'age.h', stale: 'age.staleH' },
  { below: Infinity, unit: 86_400_000, age: 'age.d', stale: 'age.staleD' },
] as const;

/** The key and number of an age in words. */
export function ageWords(ageMs: number, stale: boolean): { key: string; n: number } {
  if (ageMs < 1_000 && !stale) return { key: 'age.now', n: 0 };
  const step = STEPS.find((candidate) => ageMs < candidate.below) ?? STEPS[3];
  return { key: stale ? step.stale : step.age, n: Math.max(1, Math.floor(ageMs / step.unit)) };
}

export function isStale(tsMs: number, ttlS: number | undefined, nowMs: number): boolean {
  return ttlS !== undefined && nowMs - tsMs > ttlS * 1_000;
}

/** The age of a value, in words; says 已旧 once it is older than its time to live. */
export function Freshness({ tsMs, ttlS }: { tsMs: number; ttlS?: number }) {
  const t = useT();
  const now = useNow();
  const { key, n } = ageWords(Math.max(0, now - tsMs), isStale(tsMs, ttlS, now));
  return <span className="note nb">{t(key, { n })}</span>;
}
