/** The hall in three dimensions. Draws a frame only when the camera, the data or a movement asks for one. */
import { ColorManagement, Color, LinearSRGBColorSpace, OrthographicCamera, Scene as Stage, WebGLRenderer } from 'three';
import type { Route, Scene, SceneFloor, XYZ } from '@/shared/api/types';
import type { MarkState } from '@/shared/components/marks';
import { Badges } from './badges';
import { applyCamera, axes, between, clampCamera, frame, HOME, project } from './camera';
import { bindControls, panned, turned, zoomed } from './controls';
import { Labels, type Label } from './labels';
import { buildModel, type Model } from './model';
import { Overlays } from './overlays';
import { readPalette, type Palette } from './palette';
import { isHidden, pick, type Sight } from './picking';
import { RouteLine } from './route';
import { CUT_M, floorAt, liftHeight, lifts, outlineOf, sortedFloors } from './storeys';
import type { Badge, CameraState, HallOptions, HallStats, Hit, Pin, Tone, ViewMode } from './types';

ColorManagement.enabled = false; // tokens are drawn exactly as CSS draws them

const OVERLAP = 0.84;
const SPACE_LABELS_PX_PER_M = 7.5;
const WINDOW_LABELS_PX_PER_M = 11;
const MAX_RATIO = 2;

interface Movement {
  start: number;
  duration: number;
  step: (part: number) => void;
}
const ease = (t: number) => (t < 0.5 ? 4 * t * t * t : 1 - (-2 * t + 2) ** 3 / 2);

/** Everything of the picture that follows the theme. */
interface Drawn {
  palette: Palette;
  model: Model;
  badges: Badges;
  overlays: Overlays;
  route: RouteLine;
}

export class Hall {
  readonly element = document.createElement('div');
  readonly canvas = document.createElement('canvas');
  private readonly renderer: WebGLRenderer;
  private readonly stage = new Stage();
  private readonly eye = new OrthographicCamera();
  private readonly labels: Labels;
  private readonly floors: SceneFloor[];
  private readonly software: boolean;
  private readonly unbind: () => void;
  private readonly resize: ResizeObserver;
  private readonly scene: Scene;
  private readonly options: HallOptions;
  private drawn: Drawn;

  private width = 1;
  private height = 1;
  private camera: CameraState;
  private mode: ViewMode = 'exploded';
  private single: string | null = null;
  private lift = new Map<string, number>();
  private movements: Movement[] = [];
  private pending = 0;
  private frames = 0;
  private waiting: (() => void)[] = [];
  private labelLevel = -1;
  private settled = false;

  private badgeList: readonly Badge[] = [];
  private states: ReadonlyMap<string, MarkState> = new Map();
  private layers: ReadonlySet<string> | null = null;
  private pins: readonly Pin[] = [];
  private tints: ReadonlyMap<string, Tone> = new Map();
  private notes: ReadonlyMap<string, string> = new Map();
  private way: Route | null = null;
  private wayWords: { start: string; end: string } = { start: '', end: '' };

  constructor(scene: Scene, options: HallOptions, makeMark: (state: MarkState) => SVGElement) {
    this.scene = scene;
    this.options = options;
    this.floors = sortedFloors(scene);
    this.element.className = 'hall-stage';
    this.canvas.tabIndex = 0;
    this.labels = new Labels(makeMark, (id) => { options.onPick(this.hitOf(id)); });
    this.element.append(this.canvas, this.labels.layer);
    this.renderer = new WebGLRenderer({ canvas: this.canvas, antialias: !looksSoftware(), alpha: false, powerPreference: 'high-performance' });
    this.software = isSoftware(this.renderer);
    this.renderer.outputColorSpace = LinearSRGBColorSpace;
    this.renderer.sortObjects = true;
    this.drawn = this.draw();
    this.lift = lifts(this.floors, this.mode, this.gapM());
    this.camera = this.fitCamera();
    this.applyView();
    this.unbind = bindControls(this.canvas, {
      camera: () => this.camera,
      move: (camera) => { this.moveTo(camera); },
      click: (x, y) => { options.onPick(this.pickAt(x, y)); },
      fit: () => { this.fit(); },
      clear: () => { options.onPick(null); },
    });
    this.canvas.addEventListener('webglcontextlost', this.lost);
    this.canvas.addEventListener('webglcontextrestored', this.restored);
    this.resize = new ResizeObserver(() => { this.measure(); });
    this.resize.observe(this.element);
  }

  /* ---- what the page tells ---- */

  setBadges(list: readonly Badge[]): void {
    this.badgeList = list;
    this.drawn.badges.setList(list);
    this.applyBadges();
  }
  setStates(states: ReadonlyMap<string, MarkState>): void {
    this.states = states;
    if (this.drawn.badges.setStates(states)) this.invalidate();
  }
  /** Layers in sight; badges with a state of their own stay, whatever the layer. */
  setLayers(layers: ReadonlySet<string> | null): void {
    this.layers = layers;
    this.applyHidden();
  }
  setPins(pins: readonly Pin[]): void {
    this.pins = pins;
    this.relabel();
  }
  setTints(tints: ReadonlyMap<string, Tone>): void {
    if (same(this.tints, tints)) return;
    this.tints = tints;
    this.applyTints();
  }
  /** A quiet second line beside each floor's name. */
  setNotes(notes: ReadonlyMap<string, string>): void {
    if (same(this.notes, notes)) return;
    this.notes = notes;
    this.relabel();
  }
  setRoute(route: Route | null, words: { start: string; end: string }): void {
    this.way = route;
    this.wayWords = words;
    this.applyRoute();
    this.relabel();
  }

  setView(mode: ViewMode, floor: string | null): void {
    if (mode === this.mode && floor === this.single) return;
    this.mode = mode;
    this.single = floor;
    const from = this.lift;
    const to = lifts(this.floors, mode, this.gapM());
    this.applyVisible();
    const target = this.fitCamera(to);
    const start = this.camera;
    this.settled = true;
    this.animate(this.milliseconds('--m-floor'), (part) => {
      this.lift = new Map([...to].map(([id, value]) => [id, (from.get(id) ?? 0) + (value - (from.get(id) ?? 0)) * part]));
      this.camera = between(start, target, part);
      this.applyLift();
    });
    this.relabel();
  }

  fit(): void {
    this.fly(this.fitCamera());
  }
  home(): void {
    this.fly(this.fitCamera(this.lift, HOME));
  }
  fromAbove(): void {
    this.fly(this.fitCamera(this.lift, { azimuthDeg: -90, elevationDeg: 90 }));
  }
  zoom(factor: number): void {
    this.fly(zoomed(this.camera, factor, 0, 0, this.height), '--m-ui');
  }
  turn(deg: number): void {
    this.fly(turned(this.camera, deg, 0), '--m-ui');
  }
  pan(dx: number, dy: number): void {
    this.fly(panned(this.camera, dx, dy, this.height), '--m-ui');
  }
  /** Flies to a thing; returns false where the scene does not know it. */
  flyTo(id: string, spanM = 26): boolean {
    const place = this.placeOf(id);
    if (!place) return false;
    if (this.mode === 'single' && this.single !== place.floor) this.setView('single', place.floor);
    const at: XYZ = [place.at[0], place.at[1], place.at[2] + (this.lift.get(place.floor) ?? 0)];
    this.fly({ ...this.camera, target: at, spanM: Math.min(this.camera.spanM, spanM) });
    return true;
  }
  getCamera(): CameraState {
    return this.camera;
  }
  setCamera(camera: CameraState): void {
    this.settled = true;
    this.moveTo(camera);
  }
  /** The page's theme changed: everything is drawn anew in its colours. */
  retheme(): void {
    const old = this.drawn;
    this.drawn = this.draw();
    this.dispose3d(old);
    this.drawn.badges.setList(this.badgeList);
    this.drawn.badges.setStates(this.states);
    this.applyView();
  }

  /* ---- what the page asks ---- */

  stats(): HallStats {
    const { calls, triangles } = this.renderer.info.render;
    return { frames: this.frames, drawCalls: calls, triangles };
  }
  /** Resolves when nothing is left to draw. */
  idle(): Promise<void> {
    if (this.pending === 0 && this.movements.length === 0) return Promise.resolve();
    return new Promise((done) => this.waiting.push(done));
  }
  projectId(id: string): { x: number; y: number } | null {
    const badge = this.badgeList.find((candidate) => candidate.id === id);
    const place = badge ? null : this.placeOf(id);
    if (!badge && !place) return null;
    const at: XYZ = badge ? this.badgeAt(badge) : [place?.at[0] ?? 0, place?.at[1] ?? 0, (place?.at[2] ?? 0) + (this.lift.get(place?.floor ?? '') ?? 0)];
    const box = this.canvas.getBoundingClientRect();
    const shown = project(at, this.camera, this.width, this.height);
    return { x: box.left + shown.x, y: box.top + shown.y };
  }
  pickAt(clientX: number, clientY: number): Hit | null {
    const box = this.canvas.getBoundingClientRect();
    const shown = this.badgeList.filter((badge) => this.drawn.badges.isShown(badge)).map((badge) => ({ badge, at: this.badgeAt(badge) }));
    return pick(clientX - box.left, clientY - box.top, this.sight(), this.scene, shown);
  }
  floorNames(): string[] {
    return this.visibleFloors().map((floor) => floor.number);
  }
  route(): Route | null {
    return this.way;
  }

  dispose(): void {
    cancelAnimationFrame(this.pending);
    this.unbind();
    this.resize.disconnect();
    this.canvas.removeEventListener('webglcontextlost', this.lost);
    this.canvas.removeEventListener('webglcontextrestored', this.restored);
    this.dispose3d(this.drawn);
    this.renderer.dispose();
    this.element.remove();
  }

  /* ---- drawing ---- */

  private draw(): Drawn {
    const palette = readPalette(this.element.isConnected ? this.element : document.documentElement);
    this.renderer.setClearColor(new Color(palette.css['map-outside']));
    const drawn: Drawn = {
      palette,
      model: buildModel(this.scene, palette),
      badges: new Badges(palette),
      overlays: new Overlays(palette),
      route: new RouteLine(palette),
    };
    for (const floor of drawn.model.floors) this.stage.add(floor.group);
    this.stage.add(drawn.badges.points, drawn.overlays.ties, drawn.route.group);
    return drawn;
  }

  private dispose3d(drawn: Drawn): void {
    for (const floor of drawn.model.floors) this.stage.remove(floor.group);
    this.stage.remove(drawn.badges.points, drawn.overlays.ties, drawn.route.group);
    drawn.model.dispose();
    drawn.badges.dispose();
    drawn.overlays.dispose();
    drawn.route.dispose();
  }

  private applyView(): void {
    this.applyVisible();
    this.applyLift();
    this.applyTints();
    this.relabel();
  }
  private applyVisible(): void {
    const visible = new Set(this.visibleFloors().map((floor) => floor.id));
    for (const model of this.drawn.model.floors) {
      model.group.visible = visible.has(model.floor.id);
      if (model.outdoor) model.outdoor.visible = this.mode !== 'exploded';
    }
    this.applyHidden();
  }
  private applyHidden(): void {
    const visible = new Set(this.visibleFloors().map((floor) => floor.id));
    const { layers, states } = this;
    const changed = this.drawn.badges.setHidden((badge) => !visible.has(badge.floor) || (layers !== null && !layers.has(badge.layer) && !states.has(badge.id)));
    if (changed) this.invalidate();
  }
  private applyLift(): void {
    for (const model of this.drawn.model.floors) model.group.position.z = this.lift.get(model.floor.id) ?? 0;
    this.applyBadges();
    this.applyTies();
    this.applyRoute();
  }
  private applyBadges(): void {
    this.drawn.badges.place((badge) => this.badgeAt(badge));
    this.applyHidden();
    this.invalidate();
  }
  private applyTints(): void {
    this.drawn.overlays.setTints(this.scene, this.tints, (floor) => this.drawn.model.floors.find((model) => model.floor.id === floor)?.group);
    this.invalidate();
  }
  /** In the exploded view, lifts and stairs are tied from floor to floor. */
  private applyTies(): void {
    const segments: [XYZ, XYZ][] = [];
    if (this.mode === 'exploded') {
      for (const link of this.scene.links) {
        const stops = [...link.stops].map((stop) => ({ ...stop, z: this.floorZ(stop.floor) })).sort((a, b) => a.z - b.z);
        for (let i = 1; i < stops.length; i++) {
          const [a, b] = [stops[i - 1], stops[i]];
          if (a && b) segments.push([[...a.at, a.z], [...b.at, b.z]]);
        }
      }
    }
    this.drawn.overlays.setTies(segments);
    this.invalidate();
  }
  private applyRoute(): void {
    const points = this.way?.geometry ?? [];
    const visible = new Set(this.visibleFloors().map((floor) => floor.id));
    const pieces: XYZ[][] = [[]];
    for (const [x, y, z] of points) {
      const floor = floorAt(z, this.floors);
      if (floor && visible.has(floor.id)) pieces[pieces.length - 1]?.push([x, y, liftHeight(z, this.floors, (id) => this.lift.get(id) ?? 0)]);
      else if (pieces[pieces.length - 1]?.length) pieces.push([]);
    }
    this.drawn.route.set(pieces);
    this.invalidate();
  }

  private relabel(): void {
    this.labelLevel = -1;
    this.invalidate();
  }

  private labelList(level: number): Label[] {
    const visible = new Set(this.visibleFloors().map((floor) => floor.id));
    const list: Label[] = [];
    for (const floor of this.visibleFloors()) {
      const note = [this.options.text(floor.name), this.notes.get(floor.id)].filter(Boolean).join(' · ');
      list.push({ id: `floor ${floor.id}`, kind: 'floor', at: this.leftOf(floor), text: floor.number, note, rank: -3 });
    }
    for (const pin of this.pins) {
      if (!visible.has(pin.floor)) continue;
      const rank = pin.chosen ? -2 : pin.state === 1 ? -1 : pin.state === 2 ? 1 : 2;
      list.push({ id: `pin ${pin.id}`, kind: 'pin', at: this.standing(pin.at, pin.floor), text: pin.text, mark: pin.state, chosen: pin.chosen, blink: pin.blink, rank, pick: pin.id });
    }
    const first = this.way?.geometry[0];
    const last = this.way?.geometry.at(-1);
    for (const [point, text, id] of [[first, this.wayWords.start, 'start'], [last, this.wayWords.end, 'end']] as const) {
      const floor = point && floorAt(point[2], this.floors);
      if (point && floor && visible.has(floor.id)) list.push({ id: `way ${id}`, kind: 'end', at: [point[0], point[1], liftHeight(point[2], this.floors, (f) => this.lift.get(f) ?? 0) + 0.2], text, rank: -1 });
    }
    if (level >= 2) {
      for (const window of this.scene.windows) {
        if (visible.has(window.floor)) list.push({ id: window.id, kind: 'window', at: [...window.at, this.floorZ(window.floor) + 1.1], text: window.number, rank: 3 });
      }
    }
    if (level >= 1) {
      for (const space of this.scene.spaces) {
        const text = this.options.text(space.name);
        if (visible.has(space.floor) && text) list.push({ id: space.id, kind: 'space', at: [...space.label, this.floorZ(space.floor) + 0.1], text, rank: space.walkable ? 4 : 5 });
      }
    }
    return list;
  }

  /** Left of a floor's picture, where its name stands. */
  private leftOf(floor: SceneFloor): XYZ {
    const { right } = axes(this.camera);
    const z = this.floorZ(floor.id);
    let best: XYZ = [0, 0, z];
    let least = Infinity;
    for (const polygon of outlineOf(this.scene, floor)) {
      for (const [x, y] of polygon.outer) {
        const along = x * right[0] + y * right[1];
        if (along >= least) continue;
        least = along;
        best = [x, y, z];
      }
    }
    return best;
  }

  private readonly tick = (now: number): void => {
    this.pending = 0;
    this.movements = this.movements.filter((movement) => {
      const part = movement.duration <= 0 ? 1 : Math.min(1, (now - movement.start) / movement.duration);
      movement.step(ease(part));
      return part < 1;
    });
    const moving = this.movements.length > 0;
    this.render(moving);
    if (moving) this.invalidate();
    else if (this.pending === 0) for (const done of this.waiting.splice(0)) done();
  };

  private render(moving: boolean): void {
    if (this.renderer.getContext().isContextLost()) return;
    // Software drawing pays for pixels: a draft while moving, twice the points once still.
    const ratio = this.software ? (moving ? 1 : MAX_RATIO) : Math.min(MAX_RATIO, devicePixelRatio || 1);
    if (this.renderer.getPixelRatio() !== ratio) this.renderer.setPixelRatio(ratio);
    applyCamera(this.camera, this.eye, this.width / this.height);
    const pxPerM = this.height / this.camera.spanM;
    this.drawn.badges.setScale(pxPerM, ratio);
    this.drawn.route.setResolution(this.width, this.height);
    this.renderer.render(this.stage, this.eye);
    this.frames++;
    this.placeLabels(pxPerM);
    this.options.onCamera?.(this.camera);
  }

  private placeLabels(pxPerM: number): void {
    const level = (pxPerM >= SPACE_LABELS_PX_PER_M ? 1 : 0) + (pxPerM >= WINDOW_LABELS_PX_PER_M ? 1 : 0);
    const turnKey = level * 1_000 + Math.round(this.camera.azimuthDeg);
    if (turnKey !== this.labelLevel || this.movements.length > 0) {
      this.labels.set(this.labelList(level));
      this.labelLevel = turnKey;
    }
    const sight = this.sight();
    this.labels.place((at) => ({ ...project(at, this.camera, this.width, this.height), hidden: isHidden(at, sight) }), this.width, this.height);
  }

  private invalidate(): void {
    if (this.pending === 0) this.pending = requestAnimationFrame(this.tick);
  }

  private animate(duration: number, step: (part: number) => void): void {
    this.movements = [{ start: performance.now(), duration, step }];
    this.invalidate();
  }
  private fly(to: CameraState, variable = '--m-fly'): void {
    const from = this.camera;
    const target = clampCamera(to);
    this.settled = true;
    this.finishLift();
    this.animate(this.milliseconds(variable), (part) => { this.camera = between(from, target, part); });
  }
  private moveTo(camera: CameraState): void {
    this.settled = true;
    this.finishLift();
    this.movements = [];
    this.camera = clampCamera(camera);
    this.invalidate();
  }
  /** A hand on the camera ends a floor movement at its end, not in between. */
  private finishLift(): void {
    const to = lifts(this.floors, this.mode, this.gapM());
    if (same(this.lift, to)) return;
    this.lift = to;
    this.applyLift();
  }

  private milliseconds(variable: string): number {
    const text = getComputedStyle(this.element).getPropertyValue(variable).trim();
    return text.endsWith('ms') ? Number.parseFloat(text) : Number.parseFloat(text) * 1_000 || 0;
  }

  private measure(): void {
    const { clientWidth, clientHeight } = this.element;
    if (clientWidth === 0 || clientHeight === 0) return;
    this.width = clientWidth;
    this.height = clientHeight;
    this.renderer.setSize(clientWidth, clientHeight, true);
    if (!this.settled) this.camera = this.fitCamera();
    this.invalidate();
  }

  private readonly lost = (event: Event): void => {
    event.preventDefault();
    this.options.onContext(true);
  };
  private readonly restored = (): void => {
    this.options.onContext(false);
    this.retheme();
  };

  /* ---- places ---- */

  private visibleFloors(): SceneFloor[] {
    const shown = this.mode === 'single' && this.single !== null ? this.floors.filter((floor) => floor.id === this.single) : this.floors;
    return [...shown].reverse();
  }
  private floorZ(id: string): number {
    return (this.floors.find((floor) => floor.id === id)?.elevation_m ?? 0) + (this.lift.get(id) ?? 0);
  }
  /** Where something hangs is drawn no higher than the walls are cut. */
  private standing(at: XYZ, floor: string): XYZ {
    const elevation = this.floors.find((candidate) => candidate.id === floor)?.elevation_m ?? at[2];
    return [at[0], at[1], Math.min(at[2], elevation + CUT_M) + (this.lift.get(floor) ?? 0)];
  }
  private badgeAt(badge: Badge): XYZ {
    return this.standing(badge.at, badge.floor);
  }
  private sight(): Sight {
    const floors = this.visibleFloors().map((floor) => ({ id: floor.id, z: this.floorZ(floor.id), outline: outlineOf(this.scene, floor) }));
    return { camera: this.camera, width: this.width, height: this.height, floors };
  }
  private placeOf(id: string): { floor: string; at: XYZ } | null {
    const badge = this.badgeList.find((candidate) => candidate.id === id);
    if (badge) return { floor: badge.floor, at: badge.at };
    const { spaces, windows, pois, floors, links, openings } = this.scene;
    const space = spaces.find((candidate) => candidate.id === id);
    if (space) return { floor: space.floor, at: [...space.label, this.elevation(space.floor)] };
    const point = windows.find((candidate) => candidate.id === id) ?? pois.find((candidate) => candidate.id === id);
    if (point) return { floor: point.floor, at: [...point.at, this.elevation(point.floor)] };
    const opening = openings.find((candidate) => candidate.id === id);
    if (opening) return { floor: opening.floor, at: [(opening.line[0][0] + opening.line[1][0]) / 2, (opening.line[0][1] + opening.line[1][1]) / 2, this.elevation(opening.floor)] };
    const stop = links.find((candidate) => candidate.id === id)?.stops[0];
    if (stop) return { floor: stop.floor, at: [...stop.at, this.elevation(stop.floor)] };
    const floor = floors.find((candidate) => candidate.id === id);
    const corner = floor && outlineOf(this.scene, floor)[0]?.outer[0];
    return floor && corner ? { floor: floor.id, at: [...corner, floor.elevation_m] } : null;
  }
  private elevation(floor: string): number {
    return this.floors.find((candidate) => candidate.id === floor)?.elevation_m ?? 0;
  }
  private hitOf(id: string): Hit | null {
    const place = this.placeOf(id);
    const kind = this.badgeList.some((badge) => badge.id === id) ? 'device' : this.scene.windows.some((window) => window.id === id) ? 'window' : 'space';
    return place && { id, kind, floor: place.floor };
  }

  private fitCamera(lift = this.lift, from: Pick<CameraState, 'azimuthDeg' | 'elevationDeg'> = this.camera ?? HOME): CameraState {
    const points: XYZ[] = [];
    for (const floor of this.visibleFloors()) {
      const z = floor.elevation_m + (lift.get(floor.id) ?? 0);
      for (const polygon of outlineOf(this.scene, floor)) for (const [x, y] of polygon.outer) points.push([x, y, z - 0.5], [x, y, z + CUT_M]);
    }
    if (points.length === 0) points.push([0, 0, 0], [10, 10, 3]);
    return frame(points, from, this.width / this.height, this.mode === 'single' ? 1.16 : 1.12);
  }

  /** The gap that leaves about three quarters of each floor in sight from the usual side. */
  private gapM(): number {
    const { right } = axes(HOME);
    const sin = Math.sin((HOME.elevationDeg * Math.PI) / 180);
    const cos = Math.cos((HOME.elevationDeg * Math.PI) / 180);
    let gap = 4;
    for (const floor of this.floors) {
      const points = outlineOf(this.scene, floor).flatMap((polygon) => polygon.outer);
      if (points.length === 0) continue;
      const along = points.map(([x, y]) => x * right[0] + y * right[1]);
      const [xs, ys] = [points.map((p) => p[0]), points.map((p) => p[1])];
      const area = (Math.max(...xs) - Math.min(...xs)) * (Math.max(...ys) - Math.min(...ys));
      gap = Math.max(gap, (OVERLAP * area * sin) / (Math.max(...along) - Math.min(...along)) / cos);
    }
    return gap;
  }
}

function same<K, V>(a: ReadonlyMap<K, V>, b: ReadonlyMap<K, V>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}

/** Asked before the picture exists, with a context of its own that is let go at once. */
function looksSoftware(): boolean {
  const context = document.createElement('canvas').getContext('webgl2');
  if (!context) return true;
  const software = /swiftshader|llvmpipe|software/i.test(rendererName(context));
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return software;
}
function isSoftware(renderer: WebGLRenderer): boolean {
  return /swiftshader|llvmpipe|software/i.test(rendererName(renderer.getContext()));
}
function rendererName(context: WebGLRenderingContext | WebGL2RenderingContext): string {
  const info = context.getExtension('WEBGL_debug_renderer_info');
  return info ? String(context.getParameter(info.UNMASKED_RENDERER_WEBGL)) : '';
}
