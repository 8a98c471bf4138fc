/** A moment as a person reads it, in the clock of the device they hold. */
export function time(iso: string): string {
  return new Date(iso).toLocaleString('sv-SE').slice(0, 16);
}
