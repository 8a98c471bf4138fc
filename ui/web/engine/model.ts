/** Turns a scene into one group a floor: slab, rooms, walls, counters, seats, stairs. A few draw calls each. */
import {
  DoubleSide, Group, LineBasicMaterial, LineSegments, Mesh, MeshBasicMaterial, type BufferGeometry, type Material,
} from 'three';
import type { Polygon, Scene, SceneFloor, SceneLink, SceneSeat, SceneWindow, XY, XYZ } from '@/shared/api/types';
import { Mesher } from './mesher';
import { mix, type Palette } from './palette';
import { softShadow } from './shadow';
import { cutM, floorAt, outlineOf, sortedFloors } from './storeys';
import { furnitureFaces, isShaft, isVoid, slabFaces, spaceTone, wallFaces } from './tones';

const SLAB_M = 0.45;
const LOW_WALLS: Record<string, number> = { railing: 0.95, counter: 1.05 };
const RISER_M = 0.17;

export interface FloorModel {
  floor: SceneFloor;
  group: Group;
  outline: Polygon[];
  /** The ground around the house stands with the floor at street level. */
  outdoor: Group | null;
}

export interface Model {
  floors: FloorModel[];
  dispose: () => void;
}

export function buildModel(scene: Scene, palette: Palette): Model {
  const disposables: { dispose: () => void }[] = [];
  const solid = new MeshBasicMaterial({ vertexColors: true, polygonOffset: true, polygonOffsetFactor: 1, polygonOffsetUnits: 1 });
  const glass = new MeshBasicMaterial({ vertexColors: true, transparent: true, opacity: 0.5, side: DoubleSide, depthWrite: false });
  const lines = new LineBasicMaterial({ vertexColors: true });
  disposables.push(solid, glass, lines);
  const floors = sortedFloors(scene);
  const ground = floors.find((floor) => floor.ordinal === 0) ?? floors.find((floor) => floor.elevation_m >= 0) ?? floors[0];

  const add = (group: Group, mesher: Mesher, faces: Material, wire?: Material) => {
    if (!mesher.empty) group.add(new Mesh(keep(mesher.mesh()), faces));
    if (wire) group.add(new LineSegments(keep(mesher.wire()), wire));
  };
  const keep = (geometry: BufferGeometry) => {
    disposables.push(geometry);
    return geometry;
  };

  const models = floors.map((floor) => {
    const group = new Group();
    const outline = outlineOf(scene, floor);
    const opaque = new Mesher();
    const clear = new Mesher();
    drawFloor(scene, floor, outline, palette, opaque, clear);
    const shadow = softShadow(outline, floor.elevation_m - SLAB_M - 0.02, palette);
    if (shadow) {
      group.add(shadow.mesh);
      disposables.push(shadow);
    }
    add(group, opaque, solid, lines);
    add(group, clear, glass, lines);
    let outdoor: Group | null = null;
    if (floor === ground && scene.outdoor.length > 0) {
      outdoor = new Group();
      const mesher = new Mesher();
      drawOutdoor(scene, palette, mesher);
      add(outdoor, mesher, solid, lines);
      group.add(outdoor);
    }
    return { floor, group, outline, outdoor };
  });
  return {
    floors: models,
    dispose: () => {
      for (const item of disposables) item.dispose();
    },
  };
}

function drawFloor(scene: Scene, floor: SceneFloor, outline: Polygon[], palette: Palette, opaque: Mesher, clear: Mesher): void {
  const z = floor.elevation_m;
  const cut = z + cutM(scene);
  const { rgb } = palette;
  const slab = slabFaces(palette);
  for (const polygon of outline) {
    opaque.prism(polygon, z - SLAB_M, z, slab.top, slab.side);
    opaque.edges(polygon, z - SLAB_M, z, slab.edge);
    opaque.edges(polygon, z - SLAB_M, z - SLAB_M, slab.edge, false);
  }
  for (const space of scene.spaces.filter((candidate) => candidate.floor === floor.id)) {
    for (const polygon of space.polygons) {
      opaque.flat(polygon, z + 0.02, spaceTone(space, palette));
      if (isVoid(space.kind) || isShaft(space.kind)) cross(opaque, polygon, z + 0.04, palette);
    }
  }
  for (const wall of scene.walls.filter((candidate) => candidate.floor === floor.id)) {
    const top = Math.min(wall.z0_m + (LOW_WALLS[wall.kind] ?? wall.height_m), cut);
    if (top <= wall.z0_m) continue;
    const faces = wallFaces(wall.kind, palette);
    const glazed = wall.kind === 'glass' || wall.kind === 'railing';
    for (const polygon of wall.polygons) {
      if (glazed) clear.prism(polygon, wall.z0_m, top, mix(rgb['map-counter'], rgb['map-floor'], 0.3), rgb['map-counter']);
      else opaque.prism(polygon, wall.z0_m, top, faces.top, faces.side);
      (glazed ? clear : opaque).edges(polygon, wall.z0_m, top, faces.edge);
    }
  }
  for (const piece of scene.furniture.filter((candidate) => candidate.floor === floor.id)) {
    if (piece.kind === 'seat_row') continue; // its seats are drawn
    const faces = furnitureFaces(piece, palette);
    const top = Math.min(piece.z0_m + piece.height_m, cut + 0.4);
    for (const polygon of piece.polygons) {
      opaque.prism(polygon, piece.z0_m, top, faces.top, faces.side);
      opaque.edges(polygon, piece.z0_m, top, faces.edge);
    }
  }
  for (const seat of scene.seats.filter((candidate) => candidate.floor === floor.id)) drawSeat(seat, z, palette, opaque);
  for (const bay of scene.bays.filter((candidate) => candidate.floor === floor.id)) {
    const tone = bay.kind === 'standard' || bay.kind === 'normal' ? rgb['map-staff'] : rgb['map-link'];
    for (const polygon of bay.polygons) {
      opaque.flat(polygon, z + 0.04, tone);
      opaque.edges(polygon, z, z + 0.05, mix(rgb['map-wall'], rgb['map-floor'], 0.35), false);
    }
  }
  for (const window of scene.windows.filter((candidate) => candidate.floor === floor.id)) drawWindow(window, z, palette, opaque);
  const floors = sortedFloors(scene);
  for (const link of scene.links) {
    for (const path of link.paths) {
      const low = path.reduce((least, point) => Math.min(least, point[2]), Infinity);
      if (floorAt(low, floors) === floor) drawLink(link, path, z, palette, opaque);
    }
  }
}

function rectangle(at: XY, facingDeg: number, width: number, depth: number): Polygon {
  const [cos, sin] = [Math.cos((facingDeg * Math.PI) / 180), Math.sin((facingDeg * Math.PI) / 180)];
  const corner = (along: number, out: number): XY => [at[0] - sin * along + cos * out, at[1] + cos * along + sin * out];
  const [w, d] = [width / 2, depth / 2];
  return { outer: [corner(-w, -d), corner(-w, d), corner(w, d), corner(w, -d)], holes: [] };
}

/** A seat: cushion and back, so that rows read as rows and show which way they face. */
function drawSeat(seat: SceneSeat, z: number, palette: Palette, mesher: Mesher): void {
  const { rgb } = palette;
  const cushion = mix(rgb['map-staff'], rgb['map-wall'], 0.35);
  mesher.prism(rectangle(seat.at, seat.facing_deg, 0.46, 0.46), z + 0.3, z + 0.45, cushion, mix(cushion, rgb['map-wall-top'], 0.4));
  const [cos, sin] = [Math.cos((seat.facing_deg * Math.PI) / 180), Math.sin((seat.facing_deg * Math.PI) / 180)];
  mesher.prism(rectangle([seat.at[0] - cos * 0.22, seat.at[1] - sin * 0.22], seat.facing_deg, 0.46, 0.06), z + 0.45, z + 0.85, rgb['map-wall'], mix(cushion, rgb['map-wall-top'], 0.35));
}

function drawWindow(window: SceneWindow, z: number, palette: Palette, mesher: Mesher): void {
  const { rgb, dark } = palette;
  const top = z + (window.low_counter ? 0.78 : 1.06);
  const polygon = rectangle(window.at, window.facing_deg, 1.7, 0.7);
  const face = mix(rgb['map-counter'], rgb.brand, dark ? 0.35 : 0.28);
  mesher.prism(polygon, z, top, mix(rgb['map-counter'], rgb.brand, dark ? 0.12 : 0.06), face);
  mesher.edges(polygon, z, top, mix(face, rgb['map-wall-top'], 0.5));
}

/** Stairs in steps, escalators and ramps as an inclined band with its balustrades. */
function drawLink(link: SceneLink, path: XYZ[], floorZ: number, palette: Palette, mesher: Mesher): void {
  const { rgb, dark } = palette;
  const tread = mix(rgb['map-link'], rgb['map-floor'], 0.35);
  const riser = mix(rgb['map-link'], rgb['map-wall-top'], dark ? 0.3 : 0.35);
  const edge = mix(rgb['map-link'], rgb['map-wall-top'], 0.75);
  for (let i = 1; i < path.length; i++) {
    const a = path[i - 1] as XYZ;
    const b = path[i] as XYZ;
    const run = Math.hypot(b[0] - a[0], b[1] - a[1]);
    if (run < 1e-6) continue;
    const side: XY = [(-(b[1] - a[1]) / run) * (link.width_m / 2), ((b[0] - a[0]) / run) * (link.width_m / 2)];
    const rise = b[2] - a[2];
    const steps = link.kind === 'stairs' && Math.abs(rise) > 0.05 ? Math.max(1, Math.round(Math.abs(rise) / RISER_M)) : 1;
    for (let step = 0; step < steps; step++) {
      const from = at(a, b, step / steps);
      const to = at(a, b, (step + 1) / steps);
      if (steps > 1) {
        const z = Math.max(from[2], to[2]);
        const low = Math.min(from[2], to[2]);
        const front = rise > 0 ? from : to;
        mesher.quad(off(from, side, 1, z), off(from, side, -1, z), off(to, side, -1, z), off(to, side, 1, z), tread);
        mesher.quad(off(front, side, 1, low), off(front, side, -1, low), off(front, side, -1, z), off(front, side, 1, z), riser);
        mesher.quad(off(front, side, -1, low), off(front, side, 1, low), off(front, side, 1, z), off(front, side, -1, z), riser);
        mesher.line(off(front, side, 1, z), off(front, side, -1, z), edge);
        sideWall(mesher, off(from, side, 1, z), off(to, side, 1, z), floorZ, riser);
        sideWall(mesher, off(to, side, -1, z), off(from, side, -1, z), floorZ, riser);
      } else {
        mesher.quad(off(from, side, 1, from[2] + 0.05), off(from, side, -1, from[2] + 0.05), off(to, side, -1, to[2] + 0.05), off(to, side, 1, to[2] + 0.05), tread);
        sideWall(mesher, off(from, side, 1, from[2] + 0.05), off(to, side, 1, to[2] + 0.05), floorZ, riser);
        sideWall(mesher, off(to, side, -1, to[2] + 0.05), off(from, side, -1, from[2] + 0.05), floorZ, riser);
      }
    }
    const rail = link.kind === 'ramp' ? 0.05 : 0.9;
    for (const hand of [1, -1]) mesher.line(off(a, side, hand, a[2] + rail), off(b, side, hand, b[2] + rail), edge);
  }
}

function at(a: XYZ, b: XYZ, part: number): XYZ {
  return [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part, a[2] + (b[2] - a[2]) * part];
}
function off(point: XYZ, side: XY, hand: number, z: number): XYZ {
  return [point[0] + side[0] * hand, point[1] + side[1] * hand, z];
}
/** A flight is seen as a body, not as floating treads. */
function sideWall(mesher: Mesher, a: XYZ, b: XYZ, floorZ: number, colour: Palette['rgb']['ink']): void {
  const depth = 0.35;
  const foot = (point: XYZ): XYZ => [point[0], point[1], Math.max(floorZ, point[2] - depth)];
  mesher.quad(foot(a), foot(b), b, a, colour);
  mesher.quad(foot(b), foot(a), a, b, colour);
}

/** Voids and shafts carry the architect's cross. */
function cross(mesher: Mesher, polygon: Polygon, z: number, { rgb }: Palette): void {
  const colour = mix(rgb['map-void'], rgb['map-wall-top'], 0.5);
  const ring = polygon.outer;
  const xs = ring.map((point) => point[0]);
  const ys = ring.map((point) => point[1]);
  const corners: XY[] = [[Math.min(...xs), Math.min(...ys)], [Math.max(...xs), Math.max(...ys)], [Math.min(...xs), Math.max(...ys)], [Math.max(...xs), Math.min(...ys)]];
  if (!corners.every((corner) => ring.some((point) => Math.hypot(point[0] - corner[0], point[1] - corner[1]) < 0.2))) return;
  const [a, b, c, d] = corners as [XY, XY, XY, XY];
  mesher.line([...a, z], [...b, z], colour);
  mesher.line([...c, z], [...d, z], colour);
}

function drawOutdoor(scene: Scene, { rgb }: Palette, mesher: Mesher): void {
  for (const place of scene.outdoor) {
    for (const polygon of place.polygons) {
      mesher.flat(polygon, place.z_m - 0.02, mix(rgb['map-outside'], rgb['map-void'], 0.45));
      mesher.edges(polygon, place.z_m, place.z_m - 0.01, mix(rgb['map-outside'], rgb['map-wall'], 0.5), false);
    }
  }
}

