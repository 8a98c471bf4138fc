const HERE = 'https://hall.invalid';

/** The address of a page of this very hall, or null. Judged as a browser reads it, which drops tabs and turns \ into /. */
export function ownPage(address: string | null): string | null {
  if (!address?.startsWith('/')) return null;
  try {
    return new URL(address, HERE).origin === HERE ? address : null;
  } catch {
    return null;
  }
}
