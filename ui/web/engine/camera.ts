/** The eye: an axonometric one that turns about a point. Pure numbers; three's camera is set from them. */
import { type OrthographicCamera, Vector3 } from 'three';
import type { XYZ } from '@/shared/api/types';
import type { CameraState } from './types';

export const HOME: Pick<CameraState, 'azimuthDeg' | 'elevationDeg'> = { azimuthDeg: -62, elevationDeg: 33 };
const FAR_M = 600;
const MIN_SPAN_M = 4;
const MAX_SPAN_M = 400;

const rad = (deg: number) => (deg * Math.PI) / 180;

export function clampCamera(camera: CameraState): CameraState {
  return {
    ...camera,
    azimuthDeg: ((((camera.azimuthDeg + 180) % 360) + 360) % 360) - 180,
    elevationDeg: Math.min(90, Math.max(12, camera.elevationDeg)),
    spanM: Math.min(MAX_SPAN_M, Math.max(MIN_SPAN_M, camera.spanM)),
  };
}

/** Right, up and toward-the-eye directions of the picture. */
export function axes({ azimuthDeg, elevationDeg }: Pick<CameraState, 'azimuthDeg' | 'elevationDeg'>): { right: XYZ; up: XYZ; toward: XYZ } {
  const [sinA, cosA] = [Math.sin(rad(azimuthDeg)), Math.cos(rad(azimuthDeg))];
  const [sinE, cosE] = [Math.sin(rad(elevationDeg)), Math.cos(rad(elevationDeg))];
  return { right: [-sinA, cosA, 0], up: [-sinE * cosA, -sinE * sinA, cosE], toward: [cosE * cosA, cosE * sinA, sinE] };
}

export const dot = (a: XYZ, b: XYZ) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** The camera that shows all of these points, with a margin, seen from where `from` looks. */
export function frame(points: readonly XYZ[], from: Pick<CameraState, 'azimuthDeg' | 'elevationDeg'>, aspect: number, margin = 1.1): CameraState {
  const { right, up, toward } = axes(from);
  let [loX, hiX, loY, hiY, loZ, hiZ] = [Infinity, -Infinity, Infinity, -Infinity, Infinity, -Infinity];
  for (const point of points) {
    const [x, y, z] = [dot(point, right), dot(point, up), dot(point, toward)];
    [loX, hiX, loY, hiY, loZ, hiZ] = [Math.min(loX, x), Math.max(hiX, x), Math.min(loY, y), Math.max(hiY, y), Math.min(loZ, z), Math.max(hiZ, z)];
  }
  const [x, y, z] = [(loX + hiX) / 2, (loY + hiY) / 2, (loZ + hiZ) / 2];
  const target = [0, 1, 2].map((axis) => x * (right[axis] ?? 0) + y * (up[axis] ?? 0) + z * (toward[axis] ?? 0)) as XYZ;
  const spanM = Math.max(hiY - loY, (hiX - loX) / aspect, MIN_SPAN_M) * margin;
  return clampCamera({ azimuthDeg: from.azimuthDeg, elevationDeg: from.elevationDeg, spanM, target });
}

/** A step of a flight from one camera to another; turns the short way round. */
export function between(a: CameraState, b: CameraState, part: number): CameraState {
  const turn = ((((b.azimuthDeg - a.azimuthDeg + 180) % 360) + 360) % 360) - 180;
  const at = (x: number, y: number) => x + (y - x) * part;
  return {
    azimuthDeg: a.azimuthDeg + turn * part,
    elevationDeg: at(a.elevationDeg, b.elevationDeg),
    spanM: Math.exp(at(Math.log(a.spanM), Math.log(b.spanM))),
    target: [at(a.target[0], b.target[0]), at(a.target[1], b.target[1]), at(a.target[2], b.target[2])],
  };
}

export function applyCamera(state: CameraState, camera: OrthographicCamera, aspect: number): void {
  const { toward, up } = axes(state);
  const target = new Vector3(...state.target);
  camera.position.copy(target).addScaledVector(new Vector3(...toward), FAR_M / 2);
  camera.up.set(...up);
  camera.lookAt(target);
  camera.top = state.spanM / 2;
  camera.bottom = -camera.top;
  camera.right = camera.top * aspect;
  camera.left = -camera.right;
  camera.near = 0;
  camera.far = FAR_M;
  camera.updateProjectionMatrix();
  camera.updateMatrixWorld();
}

/** A point in the picture (CSS pixels) and its depth: greater is nearer to the eye. */
export function project(point: XYZ, state: CameraState, width: number, height: number): { x: number; y: number; near: number } {
  const { right, up, toward } = axes(state);
  const d: XYZ = [point[0] - state.target[0], point[1] - state.target[1], point[2] - state.target[2]];
  const scale = height / state.spanM;
  return { x: width / 2 + dot(d, right) * scale, y: height / 2 - dot(d, up) * scale, near: dot(d, toward) };
}

/** Where the sight line through a pixel meets a horizontal plane; null where it runs along it. */
export function onPlane(x: number, y: number, z: number, state: CameraState, width: number, height: number): XYZ | null {
  const { right, up, toward } = axes(state);
  if (Math.abs(toward[2]) < 1e-6) return null;
  const scale = state.spanM / height;
  const [dx, dy] = [(x - width / 2) * scale, (height / 2 - y) * scale];
  const point = [0, 1, 2].map((axis) => (state.target[axis] ?? 0) + dx * (right[axis] ?? 0) + dy * (up[axis] ?? 0)) as XYZ;
  const t = (z - point[2]) / toward[2];
  return [point[0] + t * toward[0], point[1] + t * toward[1], z];
}
