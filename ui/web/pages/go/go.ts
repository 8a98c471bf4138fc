/** Where one is on the phone page: a view by the address's hash, and what the phone itself remembers. */
import { createContext, useContext, useEffect, useState } from 'react';
import type { BuildingInfo } from '@/shared/api/types';

export type ViewName = 'home' | 'item' | 'ticket' | 'route' | 'rate';
export interface View {
  name: ViewName;
  /** The last part of the path: an item's code, a ticket's token. */
  key: string;
  query: URLSearchParams;
}
const NAMES: readonly ViewName[] = ['item', 'ticket', 'route', 'rate'];

/** `#/item/RSJ-01`, `#/route?to=A07&from=OUT`; anything else is home. */
export function parseHash(hash: string): View {
  const [path = '', asked = ''] = hash.replace(/^#\/?/, '').split('?');
  const [first = '', key = ''] = path.split('/');
  const name = NAMES.find((known) => known === first) ?? 'home';
  return { name, key: decodeURIComponent(key), query: new URLSearchParams(asked) };
}

export function hashOf(name: ViewName, key = '', query: Record<string, string> = {}): string {
  if (name === 'home') return '#/';
  const asked = new URLSearchParams(query).toString();
  return `#/${name}${key ? `/${encodeURIComponent(key)}` : ''}${asked ? `?${asked}` : ''}`;
}

export function useView(): View {
  const [view, setView] = useState(() => parseHash(location.hash));
  useEffect(() => {
    const changed = () => { setView(parseHash(location.hash)); };
    addEventListener('hashchange', changed);
    return () => { removeEventListener('hashchange', changed); };
  }, []);
  return view;
}

const TOKEN = 'hall.ticket';
const DEVICE = 'hall.device';
const ELDER = 'hall.elder';

/** What this phone keeps: its ticket, one key that makes asking twice harmless, and large letters. */
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
  elder: () => localStorage.getItem(ELDER) === '1',
  keepElder: (on: boolean) => { localStorage.setItem(ELDER, on ? '1' : '0'); },
  /** The printed code one scanned says where one stands. */
  place: () => new URLSearchParams(location.search).get('at') ?? 'OUT',
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
