import { describe, expect, it } from 'vitest';
import type { Command } from '@/shared/api/types';
import { LiveStore } from '@/shared/live/store';
import { eachOf, endOf, type Outcome } from './bulk';

describe('eachOf', () => {
  it('asks each once, a few at a time, and one that fails stops nobody', async () => {
    const keys = Array.from({ length: 20 }, (_, i) => String(i));
    const told = new Map<string, Outcome>();
    let busy = 0;
    let most = 0;
    await eachOf(keys, async (key) => {
      most = Math.max(most, ++busy);
      await Promise.resolve();
      busy--;
      if (key === '3') throw new Error('gone');
      return { state: 'done', why: '' };
    }, (key, outcome) => told.set(key, outcome), (reason) => (reason as Error).message);
    expect([...told.keys()].sort()).toEqual([...keys].sort());
    expect(told.get('3')).toEqual({ state: 'failed', why: 'gone' });
    expect([...told.values()].filter((outcome) => outcome.state === 'done')).toHaveLength(19);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(6);
  });
});

describe('endOf', () => {
  const sent = { id: 'c', device: 'd', state: 'queued', created_ms: 0, expires_ms: 1, due_ms: 1, ended_ms: null } as unknown as Command;
  it('waits for the end of this command', async () => {
    const store = new LiveStore();
    const end = endOf(store, sent);
    store.noteCommand({ ...sent, id: 'other', ended_ms: 1 });
    store.noteCommand({ ...sent, state: 'accepted' });
    store.noteCommand({ ...sent, state: 'done', ended_ms: 2 });
    expect((await end)?.state).toBe('done');
  });
  it('knows one that ended before it was asked', async () => {
    const store = new LiveStore();
    store.noteCommand({ ...sent, state: 'refused', ended_ms: 2 });
    expect((await endOf(store, sent))?.state).toBe('refused');
  });
});
