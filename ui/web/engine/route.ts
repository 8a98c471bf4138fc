/** One's own way: a jade line through the floors, solid in sight and faint behind things. */
import { GreaterDepth, Group } from 'three';
import { Line2 } from 'three/addons/lines/Line2.js';
import { LineGeometry } from 'three/addons/lines/LineGeometry.js';
import { LineMaterial } from 'three/addons/lines/LineMaterial.js';
import type { XYZ } from '@/shared/api/types';
import type { Palette } from './palette';

const ABOVE_FLOOR_M = 0.25;

export class RouteLine {
  readonly group = new Group();
  private readonly seen: LineMaterial;
  private readonly casing: LineMaterial;
  private readonly behind: LineMaterial;

  constructor(palette: Palette) {
    this.casing = new LineMaterial({ color: palette.css.surface, linewidth: 8, depthWrite: false });
    this.seen = new LineMaterial({ color: palette.css.mine, linewidth: 4.5, depthWrite: false });
    this.behind = new LineMaterial({ color: palette.css.mine, linewidth: 3, transparent: true, opacity: 0.4, dashed: true, dashSize: 0.8, gapSize: 0.6, depthFunc: GreaterDepth, depthWrite: false });
  }

  /** Pieces of the way, one a floor in sight, at drawn heights. */
  set(pieces: readonly (readonly XYZ[])[]): void {
    for (const child of [...this.group.children]) {
      (child as Line2).geometry.dispose();
      this.group.remove(child);
    }
    for (const piece of pieces) {
      if (piece.length < 2) continue;
      const geometry = new LineGeometry();
      geometry.setPositions(piece.flatMap(([x, y, z]) => [x, y, z + ABOVE_FLOOR_M]));
      [this.behind, this.casing, this.seen].forEach((material, i) => {
        const line = new Line2(geometry, material);
        line.computeLineDistances();
        line.renderOrder = 3 + i;
        line.frustumCulled = false;
        this.group.add(line);
      });
    }
  }

  setResolution(width: number, height: number): void {
    for (const material of [this.seen, this.casing, this.behind]) material.resolution.set(width, height);
  }

  dispose(): void {
    this.set([]);
    this.seen.dispose();
    this.casing.dispose();
    this.behind.dispose();
  }
}
