import { useState } from 'react';

export interface Trying {
  problem: unknown;
  busy: boolean;
  attempt: (what: () => Promise<unknown>, done?: () => void) => Promise<void>;
  clear: () => void;
}

/** Something asked of the hall: what went wrong stays to be read, what went well is followed by `done`. */
export function useTry(): Trying {
  const [problem, setProblem] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const attempt = async (what: () => Promise<unknown>, done?: () => void) => {
    setProblem(null);
    setBusy(true);
    try {
      await what();
      done?.();
    } catch (reason) {
      setProblem(reason);
    } finally {
      setBusy(false);
    }
  };
  return { problem, busy, attempt, clear: () => { setProblem(null); } };
}
