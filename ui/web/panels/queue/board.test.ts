import { describe, expect, it } from 'vitest';
import type { Call, Queue } from '@/shared/api/types';
import { freshCalls, longestQueues, rangeText, screenState, windowsText } from './board';

const call = (n: number, number: string, window = 'A01') => ({ n, number, window }) as Call;
const queue = (key: string, waiting: number, open: string[] = []) => ({ queue: key, waiting, open_windows: open }) as unknown as Queue;

describe('the board', () => {
  it('shows a ticket that is called again once, on top', () => {
    const shown = freshCalls([call(1, 'C001'), call(2, 'C002'), call(3, 'C001')], 5);
    expect(shown.map((c) => [c.n, c.number])).toEqual([[3, 'C001'], [2, 'C002']]);
  });

  it('keeps no more than asked for', () => {
    expect(freshCalls([1, 2, 3, 4].map((n) => call(n, `C00${String(n)}`)), 2)).toHaveLength(2);
  });

  it('puts the longest queues first, then those with an open window, then the hall\'s order', () => {
    const queues = [queue('a', 0), queue('b', 0, ['A01']), queue('c', 7), queue('d', 0)];
    expect(longestQueues(queues, 4).map((q) => q.queue)).toEqual(['c', 'b', 'a', 'd']);
  });

  it('gives a wait as a range or says nothing', () => {
    expect(rangeText([8, 15])).toBe('8–15');
    expect(rangeText(null)).toBe('—');
  });

  it('folds neighbouring windows', () => {
    expect(windowsText(['A05', 'A03', 'A04', 'A07'])).toBe('A03–A05 A07');
    expect(windowsText(['A01', 'A02', 'B03'])).toBe('A01 A02 B03');
    expect(windowsText([])).toBe('');
  });
});

describe('a window\'s screen', () => {
  const points = (values: Record<string, string | boolean>) => Object.fromEntries(Object.entries(values).map(([key, value]) => [key, [value, 'good', 1]])) as Parameters<typeof screenState>[0];
  it.each([
    [{}, 'closed'],
    [{ open: true }, 'free'],
    [{ open: true, online: false }, 'closed'],
    [{ open: false, state: 'break' }, 'paused'],
    [{ open: true, called: 'A012', serving: false }, 'called'],
    [{ open: true, called: 'A012', serving: true }, 'serving'],
  ] as const)('of %o says %s', (values, state) => { expect(screenState(points(values))).toBe(state); });
});
