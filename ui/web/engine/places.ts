/** Where the things of a scene are: floors and outlines, and a point for every id. */
import type { Polygon, Scene, SceneFloor, XYZ } from '@/shared/api/types';
import { axes, frame, HOME } from './camera';
import { cutM, liftHeight, outlineOf, sortedFloors } from './storeys';
import type { Badge, CameraState, Hit, ViewMode } from './types';

export interface Place {
  floor: string;
  at: XYZ;
}
export type Lift = ReadonlyMap<string, number>;

/** This part of each floor stays in sight in the exploded view. */
const IN_SIGHT = 0.84;
const SINGLE_ELEVATION_DEG = 46;

export class Places {
  readonly floors: readonly SceneFloor[];
  readonly scene: Scene;
  private readonly cut: number;
  private readonly outlines: Map<string, Polygon[]>;

  constructor(scene: Scene) {
    this.scene = scene;
    this.cut = cutM(scene);
    this.floors = sortedFloors(scene);
    this.outlines = new Map(this.floors.map((floor) => [floor.id, outlineOf(scene, floor)]));
  }

  outline(floor: string): Polygon[] {
    return this.outlines.get(floor) ?? [];
  }
  elevation(floor: string): number {
    return this.floors.find((candidate) => candidate.id === floor)?.elevation_m ?? 0;
  }
  /** A floor's drawn height. */
  drawnZ(floor: string, lift: Lift): number {
    return this.elevation(floor) + (lift.get(floor) ?? 0);
  }
  /** Where something hangs is drawn no higher than the walls are cut. */
  standing(at: XYZ, floor: string, lift: Lift): XYZ {
    return [at[0], at[1], Math.min(at[2], this.elevation(floor) + this.cut) + (lift.get(floor) ?? 0)];
  }
  lifted([x, y, z]: XYZ, lift: Lift): XYZ {
    return [x, y, liftHeight(z, this.floors, (floor) => lift.get(floor) ?? 0)];
  }
  /** Floors in sight, the uppermost first. */
  visible(mode: ViewMode, single: string | null): SceneFloor[] {
    const shown = mode === 'single' && single !== null ? this.floors.filter((floor) => floor.id === single) : this.floors;
    return [...shown].reverse();
  }

  find(id: string, badges: readonly Badge[]): Place | null {
    const badge = badges.find((candidate) => candidate.id === id);
    if (badge) return { floor: badge.floor, at: badge.at };
    const { spaces, windows, pois, floors, links, openings } = this.scene;
    const on = (floor: string, [x, y]: readonly [number, number]): Place => ({ floor, at: [x, y, this.elevation(floor)] });
    const space = spaces.find((candidate) => candidate.id === id);
    if (space) return on(space.floor, space.label);
    const point = windows.find((candidate) => candidate.id === id) ?? pois.find((candidate) => candidate.id === id);
    if (point) return on(point.floor, point.at);
    const opening = openings.find((candidate) => candidate.id === id);
    if (opening) return on(opening.floor, [(opening.line[0][0] + opening.line[1][0]) / 2, (opening.line[0][1] + opening.line[1][1]) / 2]);
    const stop = links.find((candidate) => candidate.id === id)?.stops[0];
    if (stop) return on(stop.floor, stop.at);
    const floor = floors.find((candidate) => candidate.id === id);
    const corner = floor && this.outline(floor.id)[0]?.outer[0];
    return floor && corner ? on(floor.id, corner) : null;
  }
  hit(id: string, badges: readonly Badge[]): Hit | null {
    const place = this.find(id, badges);
    if (!place) return null;
    const device = badges.some((badge) => badge.id === id);
    const window = this.scene.windows.some((candidate) => candidate.id === id);
    return { id, kind: device ? 'device' : window ? 'window' : 'space', floor: place.floor };
  }

  /** Left of a floor's picture, where its name stands. */
  leftOf(floor: string, camera: CameraState, lift: Lift): XYZ {
    const { right } = axes(camera);
    const z = this.drawnZ(floor, lift);
    let best: XYZ = [0, 0, z];
    let least = Infinity;
    for (const [x, y] of this.outline(floor).flatMap((polygon) => polygon.outer)) {
      const along = x * right[0] + y * right[1];
      if (along >= least) continue;
      least = along;
      best = [x, y, z];
    }
    return best;
  }

  /** The camera that shows every floor in sight. A floor alone is seen from higher up. */
  fit(mode: ViewMode, single: string | null, lift: Lift, azimuthDeg: number, aspect: number): CameraState {
    const points: XYZ[] = [];
    for (const floor of this.visible(mode, single)) {
      const z = this.drawnZ(floor.id, lift);
      for (const [x, y] of this.outline(floor.id).flatMap((polygon) => polygon.outer)) points.push([x, y, z - 0.5], [x, y, z + this.cut]);
    }
    if (points.length === 0) points.push([0, 0, 0], [10, 10, 3]);
    const elevationDeg = mode === 'single' ? SINGLE_ELEVATION_DEG : HOME.elevationDeg;
    return frame(points, { azimuthDeg, elevationDeg }, aspect, 1.08);
  }

  /** How far apart floors are lifted, so that most of each stays in sight from the usual side. */
  gapM(): number {
    const { right } = axes(HOME);
    const tan = Math.tan((HOME.elevationDeg * Math.PI) / 180);
    let gap = 4;
    for (const floor of this.floors) {
      const points = this.outline(floor.id).flatMap((polygon) => polygon.outer);
      if (points.length === 0) continue;
      const along = points.map(([x, y]) => x * right[0] + y * right[1]);
      const [xs, ys] = [points.map((p) => p[0]), points.map((p) => p[1])];
      const area = (Math.max(...xs) - Math.min(...xs)) * (Math.max(...ys) - Math.min(...ys));
      gap = Math.max(gap, (IN_SIGHT * area * tan) / (Math.max(...along) - Math.min(...along)));
    }
    return gap;
  }
}
