/** Mouse, touch and keyboard to camera moves. One finger does what the mouse does; everything has a key and a button too. */
import { axes } from './camera';
import type { CameraState } from './types';

export interface ControlTarget {
  camera: () => CameraState;
  /** A move by hand: at once, no flight. */
  move: (camera: CameraState) => void;
  click: (x: number, y: number) => void;
  fit: () => void;
  clear: () => void;
}

const CLICK_PX = 5;
const TURN_DEG_PER_PX = 0.35;
const KEY_PX = 60;
const KEY_DEG = 10;
const KEY_ZOOM = 1.25;

export function turned(camera: CameraState, azimuthDeg: number, elevationDeg: number): CameraState {
  return { ...camera, azimuthDeg: camera.azimuthDeg + azimuthDeg, elevationDeg: camera.elevationDeg + elevationDeg };
}

/** Shifts the picture by pixels. The target stays at its height where the view is not too flat. */
export function panned(camera: CameraState, dx: number, dy: number, height: number): CameraState {
  const scale = camera.spanM / height;
  const { right, up } = axes(camera);
  const [x, y] = [-dx * scale, dy * scale];
  const target = camera.target.map((value, i) => value + x * (right[i] ?? 0) + y * (up[i] ?? 0)) as CameraState['target'];
  return { ...camera, target };
}

/** Zooms so that what is under the pointer stays there. */
export function zoomed(camera: CameraState, factor: number, dx: number, dy: number, height: number): CameraState {
  const next = { ...camera, spanM: camera.spanM / factor };
  return panned(next, dx * (1 - factor), dy * (1 - factor), height);
}

export function bindControls(element: HTMLCanvasElement, target: ControlTarget): () => void {
  const pointers = new Map<number, { x: number; y: number }>();
  let travelled = 0;
  const size = () => element.getBoundingClientRect();

  const down = (event: PointerEvent) => {
    element.setPointerCapture(event.pointerId);
    if (pointers.size === 0) travelled = 0;
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  };
  const move = (event: PointerEvent) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const [dx, dy] = [event.clientX - before.x, event.clientY - before.y];
    travelled += Math.hypot(dx, dy);
    const box = size();
    const camera = target.camera();
    if (pointers.size === 1) {
      if (travelled < CLICK_PX) return;
      const pan = event.buttons === 2 || event.buttons === 4 || event.shiftKey || camera.elevationDeg > 85;
      target.move(pan ? panned(camera, dx, dy, box.height) : turned(camera, -dx * TURN_DEG_PER_PX, dy * TURN_DEG_PER_PX));
    } else if (pointers.size === 2) {
      const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
      if (other) {
        const was = Math.hypot(before.x - other.x, before.y - other.y);
        const now = Math.hypot(event.clientX - other.x, event.clientY - other.y);
        const [cx, cy] = [(event.clientX + other.x) / 2 - box.left - box.width / 2, (event.clientY + other.y) / 2 - box.top - box.height / 2];
        target.move(panned(zoomed(camera, now / Math.max(1, was), cx, cy, box.height), dx / 2, dy / 2, box.height));
      }
    }
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  };
  const up = (event: PointerEvent) => {
    const was = pointers.delete(event.pointerId);
    if (!was || event.type === 'pointercancel' || pointers.size > 0 || travelled >= CLICK_PX || event.button !== 0) return;
    target.click(event.clientX, event.clientY);
  };
  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    const box = size();
    const factor = Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015));
    target.move(zoomed(target.camera(), factor, event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2, box.height));
  };
  const key = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const camera = target.camera();
    const height = size().height;
    const arrows: Record<string, [number, number]> = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const arrow = arrows[event.key];
    if (arrow) target.move(event.shiftKey ? turned(camera, arrow[0] * KEY_DEG, arrow[1] * KEY_DEG) : panned(camera, arrow[0] * KEY_PX, arrow[1] * KEY_PX, height));
    else if (event.key === '+' || event.key === '=') target.move(zoomed(camera, KEY_ZOOM, 0, 0, height));
    else if (event.key === '-') target.move(zoomed(camera, 1 / KEY_ZOOM, 0, 0, height));
    else if (event.key === '0' || event.key === 'Home') target.fit();
    else if (event.key === 'Escape') target.clear();
    else return;
    event.preventDefault();
  };
  const menu = (event: Event) => { event.preventDefault(); };

  element.addEventListener('pointerdown', down);
  element.addEventListener('pointermove', move);
  element.addEventListener('pointerup', up);
  element.addEventListener('pointercancel', up);
  element.addEventListener('wheel', wheel, { passive: false });
  element.addEventListener('keydown', key);
  element.addEventListener('contextmenu', menu);
  return () => {
    element.removeEventListener('pointerdown', down);
    element.removeEventListener('pointermove', move);
    element.removeEventListener('pointerup', up);
    element.removeEventListener('pointercancel', up);
    element.removeEventListener('wheel', wheel);
    element.removeEventListener('keydown', key);
    element.removeEventListener('contextmenu', menu);
  };
}
