/** A word in the page's address that survives a reload and can be sent to a colleague. */
import { useCallback, useState } from 'react';

export function useSearchPart(name: string): [string | null, (value: string | null) => void] {
  const [value, setValue] = useState(() => new URLSearchParams(location.search).get(name));
  const set = useCallback((next: string | null) => {
    const address = new URL(location.href);
    if (next === null) address.searchParams.delete(name);
    else address.searchParams.set(name, next);
    history.replaceState(null, '', address);
    setValue(next);
  }, [name]);
  return [value, set];
}
