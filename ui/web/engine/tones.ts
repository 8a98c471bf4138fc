/** Which tone a space, wall or piece of furniture has: by what it is and who may enter, never by decoration. */
import type { SceneFurniture, SceneSpace } from '@/shared/api/types';
import { mix, type Palette, type RGB } from './palette';

const LINKS = new Set(['stair', 'stairs', 'lift', 'escalator', 'ramp', 'shaft', 'stairwell', 'exit_passage', 'stair_lobby']);
const OPEN = new Set(['hall', 'lobby', 'corridor', 'vestibule', 'screening', 'parking', 'circulation', 'entrance', 'registration']);
const WAITING = new Set(['waiting', 'window_front', 'form_filling', 'self_service', 'assisted', 'rest']);
const VOIDS = new Set(['void', 'atrium', 'roof', 'opening']);
const ACTIVE = new Set(['kiosk', 'ticket_machine', 'atm', 'counter', 'desk', 'xray']);

export function isVoid(kind: string): boolean {
  return VOIDS.has(kind);
}
export function isShaft(kind: string): boolean {
  return kind === 'lift' || kind === 'shaft';
}

export function spaceTone(space: SceneSpace, palette: Palette): RGB {
  const { rgb } = palette;
  if (isVoid(space.kind)) return rgb['map-void'];
  if (LINKS.has(space.kind)) return rgb['map-link'];
  if (space.access === 'restricted') return mix(rgb['map-staff'], rgb['map-void'], 0.6);
  if (space.access === 'staff') return rgb['map-staff'];
  if (OPEN.has(space.kind)) return rgb['map-floor'];
  if (WAITING.has(space.kind)) return mix(rgb['map-floor'], rgb['map-room'], 0.5);
  return rgb['map-room'];
}

export interface Faces {
  top: RGB;
  side: RGB;
  edge: RGB;
}

export function slabFaces({ rgb, dark }: Palette): Faces {
  return { top: rgb['map-floor'], side: dark ? mix(rgb['map-wall'], rgb['map-outside'], 0.45) : mix(rgb['map-wall'], rgb['map-room'], 0.42), edge: mix(rgb['map-wall'], rgb['map-wall-top'], 0.4) };
}

export function wallFaces(kind: string, { rgb, dark }: Palette): Faces {
  const poche = kind === 'exterior' ? 0.5 : 0.3;
  return {
    top: mix(rgb['map-floor'], rgb['map-wall-top'], dark ? poche * 1.1 : poche),
    side: mix(rgb['map-floor'], rgb['map-wall'], dark ? 0.28 : 0.12),
    edge: mix(rgb['map-floor'], rgb['map-wall-top'], dark ? 0.65 : 0.72),
  };
}

export function furnitureFaces({ kind }: Pick<SceneFurniture, 'kind'>, { rgb, dark }: Palette): Faces {
  const base = ACTIVE.has(kind) ? rgb['map-counter'] : mix(rgb['map-staff'], rgb['map-wall'], 0.25);
  return { top: base, side: mix(base, rgb['map-wall-top'], dark ? 0.15 : 0.3), edge: mix(base, rgb['map-wall-top'], 0.7) };
}
