/** What every panel of the kiosk can use: where one is, the way on, whether the controls are low. */
import { createContext, useContext } from 'react';
import type { BuildingInfo, Scene } from '@/shared/api/types';
import type { Step, View } from './views';

/** Where ways begin when nobody has said where the kiosk stands: in the street before the hall. */
export const OUTSIDE = 'OUT';

export interface Kiosk {
  view: View;
  move: (action: Step) => void;
  low: boolean;
  setLow: (low: boolean) => void;
  building: BuildingInfo;
  scene: Scene;
  /** A word for this kiosk's own place in routes; OUTSIDE when it was paired without one. */
  from: string;
}

export const KioskContext = createContext<Kiosk | null>(null);

export function useKiosk(): Kiosk {
  const kiosk = useContext(KioskContext);
  if (!kiosk) throw new Error('outside of a kiosk');
  return kiosk;
}
