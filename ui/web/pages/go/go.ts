/** Where one is on the phone page: a view by the address's hash, and what the phone itself remembers. */
import { createContext, useContext, useEffect, useState } from 'react';
import type { BuildingInfo } from '@/shared/api/types';

export type ViewName = 'home' | 'items' | 'departments' | 'department' | 'item' | 'ticket' | 'route' | 'rate' | 'mine';
export interface View {
  name: ViewName;
  /** The last part of the path: an item's code, a ticket's token. */
  key: string;
  query: URLSearchParams;
}
const NAMES: readonly ViewName[] = ['items', 'departments', 'department', 'item', 'ticket', 'route', 'rate', 'mine'];

/** `#/item/RSJ-01`, `#/route?to=A07&from=OUT`; anything else is home. */
export function parseHash(hash: string): View {
  const [path = '', asked = ''] = hash.replace(/^#\/?/, '').split('?');
  const [first = '', key = ''] = path.split('/');
  const name = NAMES.find((known) => known === first) ?? 'home';
  return { name, key: decoded(key), query: new URLSearchParams(asked) };
}

/** What somebody typed by hand may be no code at all. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function hashOf(name: ViewName, key = '', query: Record<string, string> = {}): string {
  const asked = new URLSearchParams(query).toString();
  const path = name === 'home' ? '' : `${name}${key ? `/${encodeURIComponent(key)}` : ''}`;
  return `#/${path}${asked ? `?${asked}` : ''}`;
}

/** How many views of this page lie behind: an entry of the history bears its place. */
let place = 0;
function notePlace(): void {
  const state = history.state as { place?: number } | null;
  if (state?.place === undefined) history.replaceState({ place: ++place }, '');
  else place = state.place;
}

export function useView(): View {
  const [view, setView] = useState(() => parseHash(location.hash));
  useEffect(() => {
    if (history.state === null) history.replaceState({ place: 0 }, '');
    const changed = () => {
      notePlace();
      setView(parseHash(location.hash));
    };
    addEventListener('hashchange', changed);
    return () => { removeEventListener('hashchange', changed); };
  }, []);
  return view;
}

/** Back to the view one came from; false when one came from elsewhere. */
export function goBack(): boolean {
  if (((history.state as { place?: number } | null)?.place ?? 0) < 1) return false;
  history.back();
  return true;
}

/** The same view with another question: no new entry in the history. */
export function replaceHash(hash: string): void {
  history.replaceState(history.state, '', hash);
  dispatchEvent(new HashChangeEvent('hashchange'));
}

const TOKEN = 'hall.ticket';
const DEVICE = 'hall.device';
const PROFILE = 'hall.profile';
const PLACE = 'hall.at';
export const OUTSIDE = 'OUT';

/** What this phone keeps: its ticket, one key that makes asking twice harmless, how its owner walks, and where from. */
export const phone = {
  ticket: () => localStorage.getItem(TOKEN),
  keepTicket: (token: string | null) => {
    if (token === null) localStorage.removeItem(TOKEN);
    else localStorage.setItem(TOKEN, token);
  },
  deviceKey: (): string => {
    const kept = localStorage.getItem(DEVICE);
    if (kept) return kept;
    const made = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
    localStorage.setItem(DEVICE, made);
    return made;
  },
  profile: () => localStorage.getItem(PROFILE),
  keepProfile: (profile: string) => { localStorage.setItem(PROFILE, profile); },
  /** The printed code one scanned (`?at=`), or what one said oneself, says where one stands: for this visit only. */
  place: () => {
    const scanned = parseHash(location.hash).query.get('at') ?? sessionStorage.getItem(PLACE) ?? new URLSearchParams(location.search).get('at');
    return scanned ?? OUTSIDE;
  },
  keepPlace: (at: string) => { sessionStorage.setItem(PLACE, at); },
};

export interface Go {
  view: View;
  building: BuildingInfo;
  token: string | null;
  setToken: (token: string | null) => void;
  elder: boolean;
}

const GoContext = createContext<Go | null>(null);
export const GoProvider = GoContext.Provider;

export function useGo(): Go {
  const go = useContext(GoContext);
  if (!go) throw new Error('outside of the phone page');
  return go;
}
