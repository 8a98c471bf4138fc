/** Where in the kiosk a visitor is, and when a kiosk forgets them: pure. */
export interface View {
  name: string;
  args: Readonly<Record<string, string>>;
}
export type Step = { do: 'go' | 'restart'; name: string; args?: Readonly<Record<string, string>> } | { do: 'back' | 'home' };

export const HOME: View = { name: 'home', args: {} };
/** Deeper than anybody goes by hand; the oldest steps are forgotten first. */
const MAX_DEPTH = 20;

/** `restart`: the new view stands right above home, so that nothing before it can be gone back to. */
export function step(stack: readonly View[], action: Step): readonly View[] {
  switch (action.do) {
    case 'home':
      return [HOME];
    case 'back':
      return stack.length > 1 ? stack.slice(0, -1) : [HOME];
    case 'restart':
      return [HOME, { name: action.name, args: action.args ?? {} }];
    case 'go':
      return [HOME, ...stack.slice(1).slice(1 - MAX_DEPTH), { name: action.name, args: action.args ?? {} }];
  }
}

export const IDLE_MS = 60_000;
export const WARN_MS = 15_000;

/** Seconds left once the warning shows; null while somebody is here; 0: forget. */
export function secondsLeft(idleMs: number): number | null {
  if (idleMs < IDLE_MS - WARN_MS) return null;
  return Math.max(0, Math.ceil((IDLE_MS - idleMs) / 1_000));
}
