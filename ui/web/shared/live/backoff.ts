/** How long to wait before the next try: doubles from 0.5 s to 15 s, with full jitter above a quarter of it. */
const FIRST_MS = 500;
const LAST_MS = 15_000;

export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(LAST_MS, FIRST_MS * 2 ** attempt);
  return ceiling * (0.25 + 0.75 * random());
}
