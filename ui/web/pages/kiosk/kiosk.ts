/** What every panel of the kiosk can use: where one is, the way on, whether the controls are low. */
import { createContext, useContext } from 'react';
import type { Actor, BuildingInfo, Scene } from '@/shared/api/types';
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
  /** An ID card reader is on line beside it. */
  reader: boolean;
  /** Who signed in here; nobody has to. The end of the visit signs them out. */
  signed: Actor | null;
  setSigned: (signed: Actor) => void;
}

export const KioskContext = createContext<Kiosk | null>(null);

export function useKiosk(): Kiosk {
  const kiosk = useContext(KioskContext);
  if (!kiosk) throw new Error('outside of a kiosk');
  return kiosk;
}

/** A name as it may stand on a screen that others pass: its first character. */
export function hidden(name: string): string {
  const [first = '', ...rest] = [...name];
  return first + '*'.repeat(Math.min(2, Math.max(1, rest.length)));
}
