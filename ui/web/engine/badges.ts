/** All devices as one set of points with one small picture sheet: one draw call however many there are. */
import { BufferAttribute, BufferGeometry, CanvasTexture, NormalBlending, Points, ShaderMaterial } from 'three';
import { ICONS, type IconName } from '@/shared/components/icons';
import { FIGURE_Y, PRIORITY_SHAPES, RING_SHAPES, URGENCY, type MarkState, type Priority } from '@/shared/components/marks';
import type { ColourName, Palette } from './palette';
import type { Badge } from './types';

const CELL = 64;
const COLUMNS = 8;
/** Badges stand in front of what is within this many metres of them, never in front of the next floor up. */
const FORWARD_M = 2.2;
const NEAR_PX = 23;
const DOT_BELOW_PX = 13;

const VERTEX = `
attribute float cell; attribute float weight;
uniform float size; uniform float forward; uniform float ratio;
varying float vCell; varying float vDot;
void main() {
  vec4 eye = modelViewMatrix * vec4(position, 1.0);
  eye.z += forward;
  gl_Position = projectionMatrix * eye;
  float px = size * weight;
  vDot = (cell < float(${URGENCY.length}) || px >= ${DOT_BELOW_PX.toFixed(1)}) ? 0.0 : 1.0;
  if (cell < float(${URGENCY.length})) px = max(px, 17.0);
  vCell = cell;
  gl_PointSize = cell < 0.0 ? 0.0 : (vDot > 0.5 ? max(px * 0.55, 3.5) : px) * ratio;
  if (cell < 0.0) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
}`;
const FRAGMENT = `
uniform sampler2D sheet; uniform vec2 grid; uniform vec3 dotFill; uniform vec3 dotEdge;
varying float vCell; varying float vDot;
void main() {
  if (vDot > 0.5) {
    float d = length(gl_PointCoord - 0.5);
    if (d > 0.5) discard;
    gl_FragColor = vec4(d > 0.33 ? dotEdge : dotFill, 1.0);
    return;
  }
  float row = floor((vCell + 0.5) / grid.x);
  vec2 at = (vec2(vCell - row * grid.x, row) + gl_PointCoord) / grid;
  gl_FragColor = texture2D(sheet, vec2(at.x, at.y));
  if (gl_FragColor.a < 0.35) discard;
}`;

export class Badges {
  readonly points: Points;
  private readonly geometry = new BufferGeometry();
  private readonly material: ShaderMaterial;
  private readonly sheetCells: Map<string, number>;
  private list: readonly Badge[] = [];
  private states: ReadonlyMap<string, MarkState> = new Map();
  private hidden: (badge: Badge) => boolean = () => false;

  constructor(palette: Palette) {
    const names = Object.keys(ICONS) as IconName[];
    const { texture, cells, rows } = drawSheet(names, palette);
    this.sheetCells = cells;
    this.material = new ShaderMaterial({
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      blending: NormalBlending,
      transparent: true,
      uniforms: {
        sheet: { value: texture },
        grid: { value: [COLUMNS, rows] },
        size: { value: 12 },
        forward: { value: FORWARD_M },
        ratio: { value: 1 },
        dotFill: { value: palette.rgb.surface },
        dotEdge: { value: palette.rgb['ink-3'] },
      },
    });
    this.points = new Points(this.geometry, this.material);
    this.points.frustumCulled = false;
    this.points.renderOrder = 2;
  }

  setList(list: readonly Badge[]): void {
    this.list = list;
    this.geometry.setAttribute('position', new BufferAttribute(new Float32Array(list.length * 3), 3));
    this.geometry.setAttribute('cell', new BufferAttribute(new Float32Array(list.length).fill(-1), 1));
    this.geometry.setAttribute('weight', new BufferAttribute(new Float32Array(list.map((badge) => (badge.dense ? 0.5 : 1))), 1));
  }

  place(at: (badge: Badge) => readonly [number, number, number]): void {
    const position = this.geometry.getAttribute('position');
    this.list.forEach((badge, i) => position.setXYZ(i, ...at(badge)));
    if (this.list.length > 0) position.needsUpdate = true;
  }

  /** Returns whether anything looks different now. */
  setStates(states: ReadonlyMap<string, MarkState>): boolean {
    this.states = states;
    return this.refresh();
  }
  setHidden(hidden: (badge: Badge) => boolean): boolean {
    this.hidden = hidden;
    return this.refresh();
  }
  isShown(badge: Badge): boolean {
    return !this.hidden(badge);
  }

  setScale(pxPerM: number, ratio: number): void {
    this.uniform('size').value = Math.min(NEAR_PX, Math.max(8, pxPerM * 2.3));
    this.uniform('ratio').value = ratio;
  }

  private uniform(name: string): { value: unknown } {
    return this.material.uniforms[name] as { value: unknown };
  }

  private refresh(): boolean {
    if (this.list.length === 0) return false;
    const cell = this.geometry.getAttribute('cell');
    let changed = false;
    this.list.forEach((badge, i) => {
      const state = this.states.get(badge.id);
      const next = this.hidden(badge) ? -1 : (this.sheetCells.get(state === undefined ? badge.icon : String(state)) ?? -1);
      if (cell.getX(i) === next) return;
      cell.setX(i, next);
      changed = true;
    });
    if (changed) cell.needsUpdate = true;
    return changed;
  }

  dispose(): void {
    (this.uniform('sheet').value as CanvasTexture).dispose();
    this.geometry.dispose();
    this.material.dispose();
  }
}

/** The picture sheet: first the states' marks, then every icon in a white disc. */
function drawSheet(icons: readonly IconName[], palette: Palette) {
  const names = [...URGENCY.map(String), ...icons];
  const rows = Math.ceil(names.length / COLUMNS);
  const canvas = document.createElement('canvas');
  canvas.width = COLUMNS * CELL;
  canvas.height = rows * CELL;
  const context = canvas.getContext('2d');
  const cells = new Map<string, number>();
  names.forEach((name, i) => {
    cells.set(name, i);
    if (!context) return;
    context.save();
    context.translate((i % COLUMNS) * CELL, Math.floor(i / COLUMNS) * CELL);
    if (i < URGENCY.length) drawMark(context, URGENCY[i] as MarkState, palette);
    else drawIcon(context, name as IconName, palette);
    context.restore();
  });
  const texture = new CanvasTexture(canvas);
  texture.flipY = false;
  texture.generateMipmaps = true;
  return { texture, cells, rows };
}

function disc(context: CanvasRenderingContext2D, fill: string, edge: string, dash: number[] = []): void {
  context.beginPath();
  context.arc(CELL / 2, CELL / 2, CELL / 2 - 5, 0, 2 * Math.PI);
  context.fillStyle = fill;
  context.fill();
  context.setLineDash(dash);
  context.lineWidth = 4;
  context.strokeStyle = edge;
  context.stroke();
  context.setLineDash([]);
}

function drawIcon(context: CanvasRenderingContext2D, name: IconName, { css }: Palette): void {
  disc(context, css.surface, css['line-strong']);
  context.translate(CELL * 0.2, CELL * 0.2);
  context.scale((CELL * 0.6) / 24, (CELL * 0.6) / 24);
  context.lineWidth = 2;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.strokeStyle = css.ink;
  context.stroke(new Path2D(ICONS[name]));
}

function drawMark(context: CanvasRenderingContext2D, state: MarkState, { css }: Palette): void {
  if (state === 'offline') {
    disc(context, css.surface, css.offline);
    context.lineWidth = 7;
    context.strokeStyle = css.offline;
    context.stroke(new Path2D('M13 13L51 51'));
    context.beginPath();
    context.arc(CELL / 2, CELL / 2, CELL / 2 - 7, 0, 2 * Math.PI);
    context.stroke();
    return;
  }
  if (state === 'unknown') {
    disc(context, css.surface, css.offline);
    context.fillStyle = css.offline;
    context.font = '700 38px system-ui, sans-serif';
    context.textAlign = 'center';
    context.fillText('?', CELL / 2, CELL / 2 + 14);
    return;
  }
  if (state === 'stale') {
    disc(context, css.surface, css.stale, [9, 7]);
    context.lineWidth = 5;
    context.lineCap = 'round';
    context.stroke(new Path2D('M32 18V33L41 38'));
    return;
  }
  if (state === 'drift') {
    context.scale(CELL / 24, CELL / 24);
    context.fillStyle = css.surface;
    context.strokeStyle = css[RING_SHAPES.drift.colour as ColourName];
    context.lineWidth = 2.3;
    const ring = new Path2D(RING_SHAPES.drift.d);
    context.fill(ring);
    context.stroke(ring);
    return;
  }
  const priority = state as Priority;
  context.translate(2, 2);
  context.scale((CELL - 4) / 24, (CELL - 4) / 24);
  context.fillStyle = css[`p${priority}`];
  context.strokeStyle = css['p-edge'];
  context.lineWidth = 1.4;
  context.lineJoin = 'round';
  const shape = new Path2D(PRIORITY_SHAPES[priority]);
  context.fill(shape);
  context.stroke(shape);
  context.fillStyle = css[`on-p${priority}`];
  context.font = '700 13.5px system-ui, sans-serif';
  context.textAlign = 'center';
  context.fillText(String(priority), 12, FIGURE_Y[priority]);
}
