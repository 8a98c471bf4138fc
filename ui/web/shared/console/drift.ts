/** Whether what a device reports is what is wanted of it. */
import type { Desired } from '@/shared/api/types';

/** Another value for longer than its command's time, or none that can be believed. */
export function isDrift(one: Pick<Desired, 'standing'>): boolean {
  return one.standing === 'differs' || one.standing === 'unknown';
}

export function drifts(wanted: Readonly<Record<string, Pick<Desired, 'standing'>>>): boolean {
  return Object.values(wanted).some(isDrift);
}
