/** The 3D engine's door. Importing this costs nothing; the engine itself comes with the first stage shown. */
export { HallStage, type HallHandle, type StageProps } from './HallStage';
export type { Badge, CameraState, Hit, Pin, Tone, ViewMode } from './types';
