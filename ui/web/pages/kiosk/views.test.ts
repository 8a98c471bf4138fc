import { describe, expect, it } from 'vitest';
import { HOME, secondsLeft, step, type View } from './views';

const go = (stack: readonly View[], name: string) => step(stack, { do: 'go', name });

describe('the way through a kiosk', () => {
  it('goes on and back', () => {
    const there = go(go([HOME], 'search'), 'item');
    expect(there.map((view) => view.name)).toEqual(['home', 'search', 'item']);
    expect(step(there, { do: 'back' }).at(-1)?.name).toBe('search');
    expect(step([HOME], { do: 'back' })).toEqual([HOME]);
  });

  it('cannot go back behind a ticket', () => {
    const taken = step(go(go([HOME], 'departments'), 'take'), { do: 'restart', name: 'ticket', args: { token: 't' } });
    expect(step(taken, { do: 'back' })).toEqual([HOME]);
  });

  it('is never deeper than its maximum', () => {
    let stack: readonly View[] = [HOME];
    for (let n = 0; n < 50; n++) stack = go(stack, `v${String(n)}`);
    expect(stack).toHaveLength(21);
    expect(stack[0]).toEqual(HOME);
    expect(stack.at(-1)?.name).toBe('v49');
  });
});

it('warns 15 s before it forgets', () => {
  expect([0, 44_999, 45_000, 59_001, 60_000, 90_000].map(secondsLeft)).toEqual([null, null, 15, 1, 0, 0]);
});
