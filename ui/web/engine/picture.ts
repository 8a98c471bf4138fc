/** Everything that is drawn in the page's colours: made anew when the theme changes. */
import type { Scene as Stage } from 'three';
import type { Scene, XYZ } from '@/shared/api/types';
import { Badges } from './badges';
import { buildModel, type Model } from './model';
import { Overlays } from './overlays';
import { readPalette, type Palette } from './palette';
import { RouteLine } from './route';
import type { Tone } from './types';

export class Picture {
  readonly palette: Palette;
  readonly model: Model;
  readonly badges: Badges;
  readonly overlays: Overlays;
  readonly route: RouteLine;
  private readonly stage: Stage;
  private readonly scene: Scene;

  constructor(stage: Stage, scene: Scene, element: Element) {
    this.stage = stage;
    this.scene = scene;
    this.palette = readPalette(element);
    this.model = buildModel(scene, this.palette);
    this.badges = new Badges(this.palette);
    this.overlays = new Overlays(this.palette);
    this.route = new RouteLine(this.palette);
    stage.add(...this.model.floors.map((floor) => floor.group), this.badges.points, this.overlays.ties, this.route.group);
  }

  show(floors: ReadonlySet<string>, outdoor: boolean): void {
    for (const model of this.model.floors) {
      model.group.visible = floors.has(model.floor.id);
      if (model.outdoor) model.outdoor.visible = outdoor;
    }
  }
  lift(lifts: ReadonlyMap<string, number>): void {
    for (const model of this.model.floors) model.group.position.z = lifts.get(model.floor.id) ?? 0;
  }
  tint(tones: ReadonlyMap<string, Tone>): void {
    this.overlays.setTints(this.scene, tones, (floor) => this.model.floors.find((model) => model.floor.id === floor)?.group);
  }
  /** Lifts and stairs are tied from floor to floor where floors are lifted apart. */
  tie(drawnZ: ((floor: string) => number) | null): void {
    const segments: [XYZ, XYZ][] = [];
    for (const link of drawnZ ? this.scene.links : []) {
      const stops = link.stops.map((stop) => [...stop.at, drawnZ?.(stop.floor) ?? 0] as XYZ).sort((a, b) => a[2] - b[2]);
      stops.slice(1).forEach((stop, i) => { segments.push([stops[i] as XYZ, stop]); });
    }
    this.overlays.setTies(segments);
  }

  dispose(): void {
    this.stage.remove(...this.model.floors.map((floor) => floor.group), this.badges.points, this.overlays.ties, this.route.group);
    this.model.dispose();
    this.badges.dispose();
    this.overlays.dispose();
    this.route.dispose();
  }
}
