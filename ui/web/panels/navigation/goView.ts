/** Which part of a plan is looked at: pure. */
import type { XY } from '@/shared/api/types';
import { partAround, type Part } from '@/shared/way/way';

const LEG_AIR_M = 4;
const LEG_LEAST_M = 17;
/** A longer leg is seen from its beginning: what is near must be readable. */
const LEG_MOST_M = 26;

/** What one moved the plan by, over what the step shows. */
export interface Moved {
  x_m: number;
  y_m: number;
  /** Above 1: nearer. */
  zoom: number;
}
export const STILL: Moved = { x_m: 0, y_m: 0, zoom: 1 };
const ZOOM_LEAST = 0.25;
const ZOOM_MOST = 4;

/** Around a leg, from its beginning. */
export function partOfLeg(leg: readonly XY[]): Part | undefined {
  const [first] = leg;
  if (!first) return undefined;
  const near = leg.map(([x, y]): XY => {
    const far = Math.hypot(x - first[0], y - first[1]);
    const share = far > LEG_MOST_M ? LEG_MOST_M / far : 1;
    return [first[0] + (x - first[0]) * share, first[1] + (y - first[1]) * share];
  });
  return partAround(near, LEG_AIR_M, LEG_LEAST_M);
}

export function moved(part: Part, { x_m, y_m, zoom }: Moved): Part {
  const [width, height] = [part.width / zoom, part.height / zoom];
  return { left: part.left + (part.width - width) / 2 + x_m, top: part.top - (part.height - height) / 2 + y_m, width, height };
}

export function zoomed(by: Moved, factor: number): Moved {
  return { ...by, zoom: Math.min(ZOOM_MOST, Math.max(ZOOM_LEAST, by.zoom * factor)) };
}
