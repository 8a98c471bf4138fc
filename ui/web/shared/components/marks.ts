/** Shapes of the states, on a 24 grid: shape and figure tell, colour comes last. Shared by pages, plan and 3D badges. */
export type Priority = 1 | 2 | 3 | 4;
export type MarkState = Priority | 'offline' | 'stale' | 'ok' | 'shelved';

export const PRIORITY_SHAPES: Record<Priority, string> = {
  1: 'M7.9 2h8.2L22 7.9v8.2L16.1 22H7.9L2 16.1V7.9z',
  2: 'M12 1.5L23.3 21.5H.7z',
  3: 'M12 .9L23.1 12 12 23.1.9 12z',
  4: 'M12 22.5a10.5 10.5 0 1 0 0-21 10.5 10.5 0 0 0 0 21z',
};
/** Where the figure's baseline lies, so that it looks centred in each shape. */
export const FIGURE_Y: Record<Priority, number> = { 1: 16.7, 2: 18.8, 3: 16.6, 4: 16.7 };
