import type { RouteStep } from '@/shared/api/types';
import type { IconName } from '@/shared/components/icons';

export const STEP_ICONS: Readonly<Record<RouteStep['kind'], IconName>> = {
  depart: 'pin', walk: 'walk', turn: 'turn_right', door: 'door', gate: 'door', stairs: 'stairs', escalator: 'escalator', ramp: 'ramp', lift: 'lift', floor: 'layers', arrive: 'check',
};
