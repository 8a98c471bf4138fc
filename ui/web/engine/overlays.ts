/** What lies over the model: tinted rooms, and the dashed lines that tie lifts and stairs of lifted floors together. */
import { BufferGeometry, DoubleSide, Float32BufferAttribute, Group, LineBasicMaterial, LineDashedMaterial, LineSegments, Mesh, MeshBasicMaterial } from 'three';
import type { Scene, XYZ } from '@/shared/api/types';
import { Mesher } from './mesher';
import { parseHex, type ColourName, type Palette } from './palette';
import type { Tone } from './types';

const FILL: Record<Tone, ColourName> = { p1: 'p1-soft', p2: 'p2-soft', p3: 'p3-soft', p4: 'p4-soft', brand: 'brand-soft', mine: 'mine-soft' };

export class Overlays {
  readonly ties: LineSegments;
  private readonly tints = new Map<string, Group>();
  private readonly fill = new MeshBasicMaterial({ vertexColors: true, side: DoubleSide });
  private readonly rim = new LineBasicMaterial({ vertexColors: true });
  private readonly palette: Palette;

  constructor(palette: Palette) {
    this.palette = palette;
    this.ties = new LineSegments(new BufferGeometry(), new LineDashedMaterial({ color: palette.css['line-strong'], dashSize: 0.7, gapSize: 0.7 }));
    this.ties.frustumCulled = false;
  }

  /** Rooms that something is wrong in, or that are chosen. Groups by floor; the caller hangs them to the floors. */
  setTints(scene: Scene, tones: ReadonlyMap<string, Tone>, floorGroup: (floor: string) => Group | undefined): void {
    for (const group of this.tints.values()) {
      for (const child of group.children) (child as Mesh).geometry.dispose();
      group.removeFromParent();
    }
    this.tints.clear();
    const meshers = new Map<string, Mesher>();
    for (const space of scene.spaces) {
      const tone = tones.get(space.id);
      if (!tone) continue;
      const mesher = meshers.get(space.floor) ?? new Mesher();
      meshers.set(space.floor, mesher);
      const floor = scene.floors.find((candidate) => candidate.id === space.floor);
      const z = (floor?.elevation_m ?? space.z0_m) + 0.06;
      for (const polygon of space.polygons) {
        mesher.flat(polygon, z, parseHex(this.palette.css[FILL[tone]]));
        mesher.edges(polygon, z, z + 0.02, parseHex(this.palette.css[tone]), false);
      }
    }
    for (const [floor, mesher] of meshers) {
      const group = new Group();
      group.add(new Mesh(mesher.mesh(), this.fill), new LineSegments(mesher.wire(), this.rim));
      floorGroup(floor)?.add(group);
      this.tints.set(floor, group);
    }
  }

  setTies(segments: readonly [XYZ, XYZ][]): void {
    this.ties.geometry.dispose();
    this.ties.geometry = new BufferGeometry();
    this.ties.geometry.setAttribute('position', new Float32BufferAttribute(segments.flat(2), 3));
    if (segments.length > 0) this.ties.computeLineDistances();
    this.ties.visible = segments.length > 0;
  }

  dispose(): void {
    for (const group of this.tints.values()) for (const child of group.children) (child as Mesh).geometry.dispose();
    this.ties.geometry.dispose();
    this.fill.dispose();
    this.rim.dispose();
    (this.ties.material as LineDashedMaterial).dispose();
  }
}
