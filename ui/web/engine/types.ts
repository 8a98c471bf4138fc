/** What the engine is told and what it tells back. It knows scenes and states, nothing of devices' meaning. */
import type { Text, XYZ } from '@/shared/api/types';
import type { IconName } from '@/shared/components/icons';
import type { MarkState } from '@/shared/components/marks';

export type ViewMode = 'stacked' | 'exploded' | 'single';

/** A device as the engine draws it: a badge at a point. */
export interface Badge {
  id: string;
  floor: string;
  at: XYZ;
  icon: IconName;
  layer: string;
  /** Many of a kind (seats, bays): drawn as small dots unless very near. */
  dense: boolean;
}

/** A label with a stem: an alarm or the chosen thing. */
export interface Pin {
  id: string;
  floor: string;
  at: XYZ;
  text: string;
  state: MarkState | null;
  chosen: boolean;
  blink: boolean;
}

export type Tone = 'p1' | 'p2' | 'p3' | 'p4' | 'brand' | 'mine';

export interface Hit {
  id: string;
  kind: 'device' | 'space' | 'window';
  floor: string;
}

export interface CameraState {
  azimuthDeg: number;
  elevationDeg: number;
  /** Metres from top to bottom of the picture. */
  spanM: number;
  target: XYZ;
}

export interface HallOptions {
  text: (text: Text) => string;
  onPick: (hit: Hit | null) => void;
  /** The picture is gone (context lost) or back. */
  onContext: (lost: boolean) => void;
  onCamera?: (camera: CameraState) => void;
}

export interface HallStats {
  frames: number;
  drawCalls: number;
  triangles: number;
}
