/** One address is one picture: view, floor, layers, choice and camera stand in the part after #. */
import type { CameraState, ViewMode } from '@/engine';

export type OpsView = ViewMode | 'plan';
export interface OpsLink {
  view: OpsView;
  floor: string | null;
  chosen: string | null;
  layers: readonly string[] | null;
  camera: CameraState | null;
}
const VIEWS: readonly string[] = ['stacked', 'exploded', 'single', 'plan'];

export function formatLink(link: OpsLink): string {
  const parts = new URLSearchParams();
  parts.set('v', link.view);
  if (link.floor !== null) parts.set('f', link.floor);
  if (link.chosen !== null) parts.set('s', link.chosen);
  if (link.layers !== null) parts.set('l', link.layers.join('.'));
  if (link.camera) {
    const { azimuthDeg, elevationDeg, spanM, target } = link.camera;
    parts.set('c', [azimuthDeg, elevationDeg, spanM, ...target].map((value) => value.toFixed(1)).join('_'));
  }
  return `#${parts.toString()}`;
}

export function parseLink(hash: string): OpsLink {
  const parts = new URLSearchParams(hash.replace(/^#/, ''));
  const view = parts.get('v') ?? 'exploded';
  const numbers = (parts.get('c') ?? '').split('_').map(Number);
  const [azimuthDeg, elevationDeg, spanM, x, y, z] = numbers;
  const whole = numbers.length === 6 && numbers.every(Number.isFinite);
  return {
    view: (VIEWS.includes(view) ? view : 'exploded') as OpsView,
    floor: parts.get('f'),
    chosen: parts.get('s'),
    layers: parts.get('l')?.split('.').filter(Boolean) ?? null,
    camera: whole ? ({ azimuthDeg, elevationDeg, spanM, target: [x, y, z] } as CameraState) : null,
  };
}
