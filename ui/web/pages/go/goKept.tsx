/** What the hall said last stays on the phone: shown with its age when the hall is slow or cannot be reached. */
import { useEffect, useMemo, useState } from 'react';
import { NetworkError } from '@/shared/api/client';
import { useAnswer, type Answer } from '@/shared/api/useAnswer';
import { Icon } from '@/shared/components/Icon';
import { ageWords } from '@/shared/components/Freshness';
import { useT } from '@/shared/i18n';
import { useLiveState, useLiveStore, useNow } from '@/shared/live/hooks';

const PREFIX = 'hall.kept.';
const MOST = 24;
const SLOW_MS = 3_000;

export interface Kept<T> {
  ms: number;
  data: T;
}

export function readKept<T>(store: Storage, asked: string): Kept<T> | null {
  const text = store.getItem(PREFIX + asked);
  if (text === null) return null;
  try {
    return JSON.parse(text) as Kept<T>;
  } catch {
    return null;
  }
}

/** The oldest go when there are too many; a phone without room keeps nothing, and works. */
export function writeKept(store: Storage, asked: string, kept: Kept<unknown>): void {
  try {
    store.setItem(PREFIX + asked, JSON.stringify(kept));
  } catch {
    return;
  }
  const keys = Array.from({ length: store.length }, (_, n) => store.key(n) ?? '').filter((key) => key.startsWith(PREFIX));
  const age = (key: string) => readKept(store, key.slice(PREFIX.length))?.ms ?? 0;
  for (const key of keys.sort((a, b) => age(a) - age(b)).slice(0, Math.max(0, keys.length - MOST))) store.removeItem(key);
}

export interface KeptAnswer<T> extends Answer<T> {
  /** When this was told, if it is not from now. */
  keptMs: number | null;
}

/** As `useAnswer`, with what was known before; asks again once the hall is there again. `keep` says what of it is kept. */
export function useKept<T>(path: string | null, query: Readonly<Record<string, string | number>> = {}, keep: (data: T) => T = same): KeptAnswer<T> {
  const { data, error, again } = useAnswer<T>(path, query);
  const asked = path === null ? '' : JSON.stringify([path, query]);
  const slow = useSlow(asked, data !== null || error !== null);
  const unreached = error instanceof NetworkError;
  const state = useLiveState();
  const before = useMemo(() => (asked && (unreached || slow) ? readKept<T>(localStorage, asked) : null), [asked, unreached, slow]);
  useEffect(() => {
    if (data !== null && asked) writeKept(localStorage, asked, { ms: Date.now(), data: keep(data) });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `keep` is a constant of its caller
  }, [data, asked]);
  useEffect(() => {
    if (!unreached) return;
    if (state === 'live') again();
    addEventListener('online', again);
    return () => { removeEventListener('online', again); };
  }, [unreached, state, again]);
  if (data === null && before) return { data: before.data, error: null, again, keptMs: before.ms };
  return { data, error, again, keptMs: null };
}
const same = <T,>(data: T): T => data;

function useSlow(asked: string, told: boolean): boolean {
  const [slow, setSlow] = useState('');
  useEffect(() => {
    if (told || !asked) return;
    const timer = setTimeout(() => { setSlow(asked); }, SLOW_MS);
    return () => { clearTimeout(timer); };
  }, [asked, told]);
  return slow === asked && asked !== '';
}

/** The age of what stands below, if it is not from now. */
export function KeptNote({ ms }: { ms: number | null }) {
  const t = useT();
  const now = useNow(10_000);
  const { clockOffsetMs } = useLiveStore();
  if (ms === null) return null;
  const { key, n } = ageWords(Math.max(0, now - clockOffsetMs - ms), false);
  return <p className="go-kept is-stale" role="status"><Icon name="history" />{t('kept', { age: t(key, { n }) })}</p>;
}
