/** Shapes of the states, on a 24 grid: shape and figure tell, colour comes last. Shared by pages, plan and 3D badges. */
export type Priority = 1 | 2 | 3 | 4;
export type RingState = 'offline' | 'unknown' | 'stale' | 'ok' | 'shelved' | 'drift';
export type MarkState = Priority | RingState;
/** What a device can be marked with, the most urgent first: alarms, then not heard of, then not as wanted. */
export const URGENCY: readonly MarkState[] = [1, 2, 3, 4, 'offline', 'unknown', 'stale', 'drift'];

export const PRIORITY_SHAPES: Record<Priority, string> = {
  1: 'M7.9 2h8.2L22 7.9v8.2L16.1 22H7.9L2 16.1V7.9z',
  2: 'M12 1.5L23.3 21.5H.7z',
  3: 'M12 .9L23.1 12 12 23.1.9 12z',
  4: 'M12 22.5a10.5 10.5 0 1 0 0-21 10.5 10.5 0 0 0 0 21z',
};
/** Where the figure's baseline lies, so that it looks centred in each shape. */
export const FIGURE_Y: Record<Priority, number> = { 1: 16.7, 2: 18.8, 3: 16.6, 4: 16.7 };

/** Ring with a bar, ring with a question mark, dotted ring with a hand, ring with a tick, dotted square with two bars, ring with an unequal sign. */
export const RING_SHAPES: Record<RingState, { d: string; colour: string; dash: string }> = {
  offline: { d: 'M12 21.5a9.5 9.5 0 1 0 0-19 9.5 9.5 0 0 0 0 19zM5.3 5.3l13.4 13.4', colour: 'offline', dash: '' },
  unknown: { d: 'M12 21.5a9.5 9.5 0 1 0 0-19 9.5 9.5 0 0 0 0 19zM9.4 9.7a2.7 2.7 0 1 1 4.1 2.3c-1 .6-1.5 1.1-1.5 2.1M12 16.9v.6', colour: 'offline', dash: '' },
  stale: { d: 'M12 21.5a9.5 9.5 0 1 0 0-19 9.5 9.5 0 0 0 0 19zM12 7v5.5l3.2 1.9', colour: 'stale', dash: '3.3 2.67' },
  ok: { d: 'M12 21.5a9.5 9.5 0 1 0 0-19 9.5 9.5 0 0 0 0 19zM7.5 12.3l3.2 3.2 6-6.5', colour: 'ok', dash: '' },
  drift: { d: 'M12 21.5a9.5 9.5 0 1 0 0-19 9.5 9.5 0 0 0 0 19zM7.5 10h9M7.5 14.2h9M14.4 7l-4.8 10.2', colour: 'p2-ink', dash: '' },
  shelved: { d: 'M3 3h18v18H3zM9.5 8.5v7M14.5 8.5v7', colour: 'ink-3', dash: '3 2.5' },
};
