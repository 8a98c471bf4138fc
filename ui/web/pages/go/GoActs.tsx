/** What most people press next: below the text one scrolls, above the bar, never over anything. */
import { createContext, useContext, type ReactNode } from 'react';
import { createPortal } from 'react-dom';

const ActsContext = createContext<HTMLElement | null>(null);
export const ActsProvider = ActsContext.Provider;

export function GoActs({ children }: { children: ReactNode }) {
  const place = useContext(ActsContext);
  return place && createPortal(children, place);
}
