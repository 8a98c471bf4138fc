/** The hall in three dimensions. Draws a frame only when the camera, the data or a movement asks for one. */
import { ColorManagement, Color, LinearSRGBColorSpace, OrthographicCamera, Scene as Stage, WebGLRenderer } from 'three';
import type { Route, Scene, SceneFloor, XYZ } from '@/shared/api/types';
import type { MarkState } from '@/shared/components/marks';
import { applyCamera, between, clampCamera, HOME, project } from './camera';
import { captionKey, captions } from './captions';
import { bindControls, panned, turned, zoomed } from './controls';
import { Labels } from './labels';
import { Loop } from './loop';
import { isHidden, pick, type Sight } from './picking';
import { Picture } from './picture';
import { Places } from './places';
import { isSoftware, looksSoftware } from './software';
import { floorAt, lifts } from './storeys';
import type { Badge, CameraState, HallOptions, HallStats, Hit, Pin, Tone, ViewMode } from './types';

ColorManagement.enabled = false; // tokens are drawn exactly as CSS draws them

const MAX_RATIO = 2;
/** Room left of the floors for their names. */
const NAMES_PX = 100;

export class Hall {
  readonly element = document.createElement('div');
  readonly canvas = document.createElement('canvas');
  private readonly renderer: WebGLRenderer;
  private readonly stage = new Stage();
  private readonly eye = new OrthographicCamera();
  private readonly labels: Labels;
  private readonly places: Places;
  private readonly software: boolean;
  private readonly unbind: () => void;
  private readonly resize: ResizeObserver;
  private readonly scene: Scene;
  private readonly options: HallOptions;
  private drawn: Picture;

  private width = 1;
  private height = 1;
  private camera: CameraState;
  private mode: ViewMode = 'exploded';
  private single: string | null = null;
  private lift = new Map<string, number>();
  private readonly loop = new Loop((moving) => { this.render(moving); });
  private captioned = '';
  private settled = false;

  private badgeList: readonly Badge[] = [];
  private states: ReadonlyMap<string, MarkState> = new Map();
  private layers: ReadonlySet<string> | null = null;
  private pins: readonly Pin[] = [];
  private tints: ReadonlyMap<string, Tone> = new Map();
  private notes: ReadonlyMap<string, string> = new Map();
  private way: Route | null = null;
  private wayWords: { start: string; end: string } = { start: '', end: '' };

  constructor(parent: HTMLElement, scene: Scene, options: HallOptions, makeMark: (state: MarkState) => SVGElement) {
    this.scene = scene;
    this.options = options;
    this.places = new Places(scene);
    this.element.className = 'hall-stage';
    this.canvas.tabIndex = 0;
    this.labels = new Labels(makeMark, (id) => { options.onPick(this.places.hit(id, this.badgeList)); });
    this.element.append(this.canvas, this.labels.layer);
    parent.append(this.element);
    this.renderer = new WebGLRenderer({ canvas: this.canvas, antialias: !looksSoftware(), alpha: false, powerPreference: 'high-performance' });
    this.software = isSoftware(this.renderer.getContext());
    this.renderer.outputColorSpace = LinearSRGBColorSpace;
    this.renderer.sortObjects = true;
    this.drawn = this.draw();
    this.lift = this.liftsOf(this.mode);
    this.camera = this.places.fit(this.mode, null, this.lift, HOME.azimuthDeg, 1);
    this.applyView();
    this.measure();
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
    if (this.drawn.badges.setStates(states)) this.loop.invalidate();
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
    const to = this.liftsOf(mode);
    this.applyVisible();
    const target = this.fitCamera(to);
    const start = this.camera;
    this.loop.animate(this.milliseconds('--m-floor'), (part) => {
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
    this.fly(this.fitCamera(this.lift, HOME.azimuthDeg));
  }
  fromAbove(): void {
    this.fly({ ...this.fitCamera(this.lift, -90), elevationDeg: 90 });
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
    const place = this.places.find(id, this.badgeList);
    if (!place) return false;
    if (this.mode === 'single' && this.single !== place.floor) this.setView('single', place.floor);
    const at = this.places.standing(place.at, place.floor, this.liftsOf(this.mode));
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
    old.dispose();
    this.drawn.badges.setList(this.badgeList);
    this.drawn.badges.setStates(this.states);
    this.applyView();
  }

  /* ---- what the page asks ---- */

  stats(): HallStats {
    const { calls, triangles } = this.renderer.info.render;
    return { frames: this.loop.frames, drawCalls: calls, triangles };
  }
  idle(): Promise<void> {
    return this.loop.idle();
  }
  projectId(id: string): { x: number; y: number } | null {
    const place = this.places.find(id, this.badgeList);
    if (!place) return null;
    const box = this.canvas.getBoundingClientRect();
    const shown = project(this.places.standing(place.at, place.floor, this.lift), this.camera, this.width, this.height);
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
    this.loop.stop();
    this.unbind();
    this.resize.disconnect();
    this.canvas.removeEventListener('webglcontextlost', this.lost);
    this.canvas.removeEventListener('webglcontextrestored', this.restored);
    this.drawn.dispose();
    this.renderer.dispose();
    this.renderer.forceContextLoss(); // a browser grants few of them, and would free it only with the garbage
    this.element.remove();
  }

  /* ---- drawing ---- */

  private draw(): Picture {
    const picture = new Picture(this.stage, this.scene, this.element);
    this.renderer.setClearColor(new Color(picture.palette.css['map-outside']));
    return picture;
  }

  private applyView(): void {
    this.applyVisible();
    this.applyLift();
    this.applyTints();
    this.relabel();
  }
  private applyVisible(): void {
    this.drawn.show(new Set(this.visibleFloors().map((floor) => floor.id)), this.mode !== 'exploded');
    this.applyHidden();
  }
  private applyHidden(): void {
    const visible = new Set(this.visibleFloors().map((floor) => floor.id));
    const { layers, states } = this;
    const changed = this.drawn.badges.setHidden((badge) => !visible.has(badge.floor) || (layers !== null && !layers.has(badge.layer) && !states.has(badge.id)));
    if (changed) this.loop.invalidate();
  }
  private applyLift(): void {
    this.drawn.lift(this.lift);
    this.drawn.tie(this.mode === 'exploded' ? (floor) => this.places.drawnZ(floor, this.lift) : null);
    this.applyBadges();
    this.applyRoute();
  }
  private applyBadges(): void {
    this.drawn.badges.place((badge) => this.badgeAt(badge));
    this.applyHidden();
    this.loop.invalidate();
  }
  private applyTints(): void {
    this.drawn.tint(this.tints);
    this.loop.invalidate();
  }
  private applyRoute(): void {
    const points = this.way?.geometry ?? [];
    const visible = new Set(this.visibleFloors().map((floor) => floor.id));
    const pieces: XYZ[][] = [[]];
    for (const point of points) {
      const floor = floorAt(point[2], this.places.floors);
      if (floor && visible.has(floor.id)) pieces[pieces.length - 1]?.push(this.places.lifted(point, this.lift));
      else if (pieces[pieces.length - 1]?.length) pieces.push([]);
    }
    this.drawn.route.set(pieces);
    this.loop.invalidate();
  }

  private relabel(): void {
    this.captioned = '';
    this.loop.invalidate();
  }

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
    this.placeLabels(pxPerM);
    this.options.onCamera?.(this.camera);
  }

  private placeLabels(pxPerM: number): void {
    const key = captionKey(this.camera, pxPerM, this.visibleFloors().length);
    if (key !== this.captioned || this.loop.moving) {
      const { places, lift, camera, pins, notes } = this;
      this.labels.set(captions({ places, visible: this.visibleFloors(), lift, camera, pxPerM, pins, notes, route: this.way, routeWords: this.wayWords, text: this.options.text }));
      this.captioned = key;
    }
    const sight = this.sight();
    this.labels.place((at) => ({ ...project(at, this.camera, this.width, this.height), hidden: isHidden(at, sight) }), this.width, this.height);
  }

  private fly(to: CameraState, variable = '--m-fly'): void {
    const from = this.camera;
    const target = clampCamera(to);
    this.settled = true;
    this.finishLift();
    this.loop.animate(this.milliseconds(variable), (part) => { this.camera = between(from, target, part); });
  }
  private moveTo(camera: CameraState): void {
    this.settled = true;
    this.finishLift();
    this.loop.halt();
    this.camera = clampCamera(camera);
    this.loop.invalidate();
  }
  /** A hand on the camera ends a floor movement at its end, not in between. */
  private finishLift(): void {
    const to = this.liftsOf(this.mode);
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
    this.loop.invalidate();
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
    return this.places.visible(this.mode, this.single);
  }
  private liftsOf(mode: ViewMode): Map<string, number> {
    return lifts(this.places.floors, mode, this.places.gapM());
  }
  private badgeAt(badge: Badge): XYZ {
    return this.places.standing(badge.at, badge.floor, this.lift);
  }
  private fitCamera(lift: ReadonlyMap<string, number> = this.lift, azimuthDeg = this.camera.azimuthDeg): CameraState {
    const names = Math.min(NAMES_PX, this.width * 0.2);
    return panned(this.places.fit(this.mode, this.single, lift, azimuthDeg, (this.width - names) / this.height), names / 2, 0, this.height);
  }
  private sight(): Sight {
    const floors = this.visibleFloors().map((floor) => ({ id: floor.id, z: this.places.drawnZ(floor.id, this.lift), outline: this.places.outline(floor.id) }));
    const ground = this.mode === 'exploded' ? [] : this.scene.outdoor.map((place) => ({ z: place.z_m, outline: place.polygons }));
    return { camera: this.camera, width: this.width, height: this.height, floors, covers: this.mode === 'stacked' ? [...floors, ...ground] : floors };
  }
}

function same<K, V>(a: ReadonlyMap<K, V>, b: ReadonlyMap<K, V>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
