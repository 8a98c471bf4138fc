/** `?at=MS` in the address: the moment that is shown, so that it can be shared. */

export function momentInAddress(search: string): number | null {
  const at = new URLSearchParams(search).get('at');
  return at !== null && /^\d{1,15}$/.test(at) ? Number(at) : null;
}

export function addressWith(url: string, at: number | null): string {
  const next = new URL(url);
  if (at === null) next.searchParams.delete('at');
  else next.searchParams.set('at', String(Math.round(at)));
  return next.pathname + next.search + next.hash;
}
