import { useSyncExternalStore } from 'react';
import type { MarkState } from './marks';
import { StatusMark } from './StatusMark';

interface Item {
  id: number;
  text: string;
  mark?: MarkState;
}
const SHOWN_MS = 6_000;
const MAX_SHOWN = 4;
let items: readonly Item[] = [];
let last = 0;
const listeners = new Set<() => void>();

function set(next: readonly Item[]): void {
  items = next;
  for (const listener of listeners) listener();
}

/** Says something once, for six seconds. Never the only place where it can be read. */
export function toast(text: string, mark?: MarkState): void {
  const id = ++last;
  set([...items.slice(1 - MAX_SHOWN), { id, text, ...(mark && { mark }) }]);
  setTimeout(() => {
    set(items.filter((item) => item.id !== id));
  }, SHOWN_MS);
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => items,
  );
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map((item) => (
        <div key={item.id} className="toast">
          {item.mark && <StatusMark state={item.mark} />}
          <span>{item.text}</span>
        </div>
      ))}
    </div>
  );
}
