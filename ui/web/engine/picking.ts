/** What stands under a pixel, from geometry alone: no ray is cast through triangles. */
import type { Polygon, Scene, XY, XYZ } from '@/shared/api/types';
import { axes, onPlane, project } from './camera';
import type { Badge, CameraState, Hit } from './types';

const DEVICE_PX = 14;
const WINDOW_M = 1.1;

export function inRing([x, y]: XY, ring: readonly XY[]): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const a = ring[i] as XY;
    const b = ring[j] as XY;
    if (a[1] > y !== b[1] > y && x < ((b[0] - a[0]) * (y - a[1])) / (b[1] - a[1]) + a[0]) inside = !inside;
  }
  return inside;
}

export function inPolygon(point: XY, polygon: Polygon): boolean {
  return inRing(point, polygon.outer) && !polygon.holes.some((hole) => inRing(point, hole));
}

/** A floor as it is drawn now. */
export interface DrawnFloor {
  id: string;
  z: number;
  outline: Polygon[];
}

export interface Sight {
  camera: CameraState;
  width: number;
  height: number;
  /** Floors in sight, the uppermost first. */
  floors: readonly DrawnFloor[];
  /** Everything flat that can hide what lies below it: the floors, and the ground. */
  covers: readonly { z: number; outline: Polygon[] }[];
}

/** The floor and its point under a pixel: the uppermost in sight whose slab the sight line meets. */
export function floorUnder(x: number, y: number, sight: Sight): { floor: DrawnFloor; at: XY } | null {
  for (const floor of sight.floors) {
    const point = onPlane(x, y, floor.z, sight.camera, sight.width, sight.height);
    if (point && floor.outline.some((polygon) => inPolygon([point[0], point[1]], polygon))) return { floor, at: [point[0], point[1]] };
  }
  return null;
}

/** Whether a slab further up hides this point. */
export function isHidden(point: XYZ, sight: Sight): boolean {
  const { toward } = axes(sight.camera);
  return sight.covers.some((cover) => {
    if (cover.z <= point[2] + 0.5 || toward[2] < 1e-6) return false;
    const t = (cover.z - point[2]) / toward[2];
    const at: XY = [point[0] + t * toward[0], point[1] + t * toward[1]];
    return cover.outline.some((polygon) => inPolygon(at, polygon));
  });
}

export function pick(x: number, y: number, sight: Sight, scene: Scene, badges: readonly { badge: Badge; at: XYZ }[]): Hit | null {
  let nearest: { hit: Hit; px: number } | null = null;
  for (const { badge, at } of badges) {
    const shown = project(at, sight.camera, sight.width, sight.height);
    const px = Math.hypot(shown.x - x, shown.y - y);
    if (px > DEVICE_PX || (nearest && px >= nearest.px) || isHidden(at, sight)) continue;
    nearest = { hit: { id: badge.id, kind: 'device', floor: badge.floor }, px };
  }
  if (nearest) return nearest.hit;
  const under = floorUnder(x, y, sight);
  if (!under) return null;
  const window = scene.windows.find((candidate) => candidate.floor === under.floor.id && Math.hypot(candidate.at[0] - under.at[0], candidate.at[1] - under.at[1]) < WINDOW_M);
  if (window) return { id: window.id, kind: 'window', floor: under.floor.id };
  const space = scene.spaces.find((candidate) => candidate.floor === under.floor.id && candidate.polygons.some((polygon) => inPolygon(under.at, polygon)));
  return space ? { id: space.id, kind: 'space', floor: under.floor.id } : null;
}
