/** A soft shadow below a floor's slab, drawn once on a small canvas. */
import { CanvasTexture, Mesh, MeshBasicMaterial, PlaneGeometry } from 'three';
import type { Polygon } from '@/shared/api/types';
import type { Palette } from './palette';

const MAX_BLUR_M = 3;
const PX_PER_M = 4;
const MAX_PX = 1024;

export function softShadow(outline: readonly Polygon[], z: number, palette: Palette): { mesh: Mesh; dispose: () => void } | null {
  const points = outline.flatMap((polygon) => polygon.outer);
  if (points.length === 0) return null;
  const [xs, ys] = [points.map((p) => p[0]), points.map((p) => p[1])];
  const size = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys));
  const blur = Math.min(MAX_BLUR_M, size / 20);
  const margin = 2 * blur;
  const [x0, x1] = [Math.min(...xs) - margin, Math.max(...xs) + margin];
  const [y0, y1] = [Math.min(...ys) - margin, Math.max(...ys) + margin];
  const scale = Math.min(PX_PER_M, MAX_PX / Math.max(x1 - x0, y1 - y0));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round((x1 - x0) * scale));
  canvas.height = Math.max(1, Math.round((y1 - y0) * scale));
  const context = canvas.getContext('2d');
  if (!context) return null;
  // The shape itself is drawn out of the picture; only its shadow falls into it.
  context.shadowColor = palette.dark ? 'rgb(0 0 0 / .55)' : 'rgb(60 50 30 / .22)';
  context.shadowBlur = blur * scale;
  context.shadowOffsetX = canvas.width + 0.27 * blur * scale;
  context.shadowOffsetY = -0.4 * blur * scale;
  context.beginPath();
  for (const polygon of outline) {
    polygon.outer.forEach(([x, y], i) => {
      const [px, py] = [(x - x0) * scale - canvas.width, (y1 - y) * scale];
      if (i === 0) context.moveTo(px, py);
      else context.lineTo(px, py);
    });
    context.closePath();
  }
  context.fill();
  const texture = new CanvasTexture(canvas);
  const material = new MeshBasicMaterial({ map: texture, transparent: true, depthWrite: false });
  const geometry = new PlaneGeometry(x1 - x0, y1 - y0);
  const mesh = new Mesh(geometry, material);
  mesh.position.set((x0 + x1) / 2, (y0 + y1) / 2, z);
  mesh.renderOrder = -1;
  return {
    mesh,
    dispose: () => {
      texture.dispose();
      material.dispose();
      geometry.dispose();
    },
  };
}
