import { beforeEach, describe, expect, it } from 'vitest';
import { readKept, writeKept } from './goKept';

/** As much of a browser's storage as is used, with room for so many entries. */
function storage(room: number): Storage {
  const kept = new Map<string, string>();
  return {
    get length() { return kept.size; },
    key: (n) => [...kept.keys()][n] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => {
      if (!kept.has(key) && kept.size >= room) throw new DOMException('full', 'QuotaExceededError');
      kept.set(key, value);
    },
    removeItem: (key) => { kept.delete(key); },
    clear: () => { kept.clear(); },
  };
}

describe('what the phone keeps', () => {
  let store: Storage;
  beforeEach(() => { store = storage(100); });

  it('comes back with its time', () => {
    writeKept(store, 'a', { ms: 5, data: { n: 1 } });
    expect(readKept(store, 'a')).toEqual({ ms: 5, data: { n: 1 } });
    expect(readKept(store, 'b')).toBeNull();
  });

  it('is bounded: the oldest go, and nothing of others', () => {
    store.setItem('hall.ticket', 'token');
    for (let n = 0; n < 60; n++) writeKept(store, `item ${String(n)}`, { ms: n, data: n });
    expect(store.length).toBeLessThanOrEqual(25);
    expect(readKept(store, 'item 59')?.data).toBe(59);
    expect(readKept(store, 'item 0')).toBeNull();
    expect(store.getItem('hall.ticket')).toBe('token');
  });

  it('is nothing on a full phone, and that is no failure', () => {
    const full = storage(0);
    writeKept(full, 'a', { ms: 1, data: 1 });
    expect(readKept(full, 'a')).toBeNull();
  });

  it('is nothing when it cannot be read', () => {
    store.setItem('hall.kept.a', '{broken');
    expect(readKept(store, 'a')).toBeNull();
  });
});
