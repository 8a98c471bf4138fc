/** Collects flats, prisms and edges of one floor into two buffers: one mesh and one set of lines, so one floor is few draw calls. */
import { BufferAttribute, BufferGeometry, ShapeUtils, Vector2 } from 'three';
import type { Polygon, XY, XYZ } from '@/shared/api/types';
import type { RGB } from './palette';

/** Light comes from the upper left of the default view: faces are toned by their direction, nothing is computed per frame. */
const SUN: XY = [-0.45, -0.89];
const FOOT = 0.9;

function signedArea(ring: readonly XY[]): number {
  let sum = 0;
  for (let i = 0; i < ring.length; i++) {
    const a = ring[i] as XY;
    const b = ring[(i + 1) % ring.length] as XY;
    sum += a[0] * b[1] - b[0] * a[1];
  }
  return sum / 2;
}

export function oriented(ring: readonly XY[], counterClockwise: boolean): XY[] {
  return signedArea(ring) > 0 === counterClockwise ? [...ring] : [...ring].reverse();
}

export class Mesher {
  private readonly positions: number[] = [];
  private readonly colours: number[] = [];
  private readonly lines: number[] = [];
  private readonly lineColours: number[] = [];

  /** A horizontal face, seen from above (or from below). */
  flat(polygon: Polygon, z: number, colour: RGB, up = true): void {
    const outer = oriented(polygon.outer, true);
    const holes = polygon.holes.map((hole) => oriented(hole, false));
    const points = [outer, ...holes].flat();
    const triangles = ShapeUtils.triangulateShape(
      outer.map(([x, y]) => new Vector2(x, y)),
      holes.map((hole) => hole.map(([x, y]) => new Vector2(x, y))),
    );
    for (const triangle of triangles) {
      for (const index of up ? triangle : [...triangle].reverse()) {
        const point = points[index];
        if (point) this.vertex(point[0], point[1], z, colour);
      }
    }
  }

  /** The upright faces of a polygon between two heights; darker at the foot, toned by direction. */
  sides(polygon: Polygon, z0: number, z1: number, colour: RGB, shade = 1): void {
    for (const ring of [oriented(polygon.outer, true), ...polygon.holes.map((hole) => oriented(hole, false))]) {
      for (let i = 0; i < ring.length; i++) {
        const a = ring[i] as XY;
        const b = ring[(i + 1) % ring.length] as XY;
        const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
        if (length < 1e-6) continue;
        const facing = ((b[1] - a[1]) / length) * SUN[0] - ((b[0] - a[0]) / length) * SUN[1];
        const lit = 0.93 + 0.07 * facing;
        const top = scale(colour, lit);
        const foot = scale(colour, lit * (1 - (1 - FOOT) * shade));
        this.vertex(a[0], a[1], z0, foot);
        this.vertex(b[0], b[1], z0, foot);
        this.vertex(b[0], b[1], z1, top);
        this.vertex(a[0], a[1], z0, foot);
        this.vertex(b[0], b[1], z1, top);
        this.vertex(a[0], a[1], z1, top);
      }
    }
  }

  prism(polygon: Polygon, z0: number, z1: number, top: RGB, side: RGB): void {
    this.sides(polygon, z0, z1, side);
    this.flat(polygon, z1, top);
  }

  /** The drawn edges of a prism: its upper rim, and its corners down to the foot. */
  edges(polygon: Polygon, z0: number, z1: number, colour: RGB, corners = true): void {
    for (const ring of [polygon.outer, ...polygon.holes]) {
      for (let i = 0; i < ring.length; i++) {
        const a = ring[i] as XY;
        const b = ring[(i + 1) % ring.length] as XY;
        this.line([a[0], a[1], z1], [b[0], b[1], z1], colour);
        if (corners && isCorner(ring, i)) this.line([a[0], a[1], z0], [a[0], a[1], z1], colour);
      }
    }
  }

  line(a: XYZ, b: XYZ, colour: RGB): void {
    this.lines.push(...a, ...b);
    this.lineColours.push(...colour, ...colour);
  }

  quad(a: XYZ, b: XYZ, c: XYZ, d: XYZ, colour: RGB): void {
    for (const point of [a, b, c, a, c, d]) this.vertex(point[0], point[1], point[2], colour);
  }

  private vertex(x: number, y: number, z: number, colour: RGB): void {
    this.positions.push(x, y, z);
    this.colours.push(colour[0], colour[1], colour[2]);
  }

  mesh(): BufferGeometry {
    return geometry(this.positions, this.colours);
  }
  wire(): BufferGeometry {
    return geometry(this.lines, this.lineColours);
  }
  get empty(): boolean {
    return this.positions.length === 0;
  }
}

/** Straight-on points of a ring get no upright edge. */
function isCorner(ring: readonly XY[], i: number): boolean {
  const before = ring[(i + ring.length - 1) % ring.length] as XY;
  const here = ring[i] as XY;
  const after = ring[(i + 1) % ring.length] as XY;
  const cross = (here[0] - before[0]) * (after[1] - here[1]) - (here[1] - before[1]) * (after[0] - here[0]);
  return Math.abs(cross) > 1e-4;
}

function scale(colour: RGB, by: number): RGB {
  return [colour[0] * by, colour[1] * by, colour[2] * by];
}

function geometry(positions: number[], colours: number[]): BufferGeometry {
  const made = new BufferGeometry();
  made.setAttribute('position', new BufferAttribute(new Float32Array(positions), 3));
  made.setAttribute('color', new BufferAttribute(new Float32Array(colours), 3));
  return made;
}
