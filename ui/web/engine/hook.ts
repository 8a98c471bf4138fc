/** A read-only window for tests and scripts: `window.__hall` says what the stage shows, and where. */
import type { Hall } from './hall';

export interface HallHook {
  ready: true;
  idle: () => Promise<void>;
  project: (id: string) => { x: number; y: number } | null;
  pick: (x: number, y: number) => string | null;
  stats: () => { frames: number; drawCalls: number; triangles: number };
  floors: () => string[];
  route: () => unknown;
}

declare global {
  interface Window {
    __hall?: HallHook;
  }
}

export function exposeHall(hall: Hall): () => void {
  const hook: HallHook = {
    ready: true,
    idle: () => hall.idle(),
    project: (id) => hall.projectId(id),
    pick: (x, y) => hall.pickAt(x, y)?.id ?? null,
    stats: () => hall.stats(),
    floors: () => hall.floorNames(),
    route: () => hall.route(),
  };
  window.__hall = hook;
  return () => {
    if (window.__hall === hook) delete window.__hall;
  };
}
