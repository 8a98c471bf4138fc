/** What the devices page shows stands in its address: a link to a colleague opens the same list, sorted the same, with the same device. */
import { useCallback, useEffect, useState } from 'react';

export const TABS = ['list', 'lobby', 'connectors', 'counters'] as const;
export type Tab = (typeof TABS)[number];
export const STATES = ['online', 'offline', 'stale', 'unknown'] as const;
export type Connection = (typeof STATES)[number];
export const PANES = ['live', 'act', 'access', 'facts'] as const;
export type Pane = (typeof PANES)[number];

export interface DevicesAddress {
  tab: Tab;
  q: string;
  kind: string;
  /** A floor's number, as people say it. */
  floor: string;
  state: Connection | '';
  /** Only those that lost something. */
  losing: boolean;
  /** Only those that do not report what is wanted of them. */
  drifting: boolean;
  /** Only those that nothing can connect as. */
  bare: boolean;
  sort: string;
  down: boolean;
  /** 0: wherever the chosen device is, else the first. */
  page: number;
  device: string;
  pane: Pane;
}

export const USUAL: DevicesAddress = {
  tab: 'list', q: '', kind: '', floor: '', state: '', losing: false, drifting: false, bare: false, sort: 'key', down: false, page: 0, device: '', pane: 'live',
};

export function parseAddress(search: string): DevicesAddress {
  const said = new URLSearchParams(search);
  const word = (name: string) => said.get(name) ?? '';
  const oneOf = <T extends string>(list: readonly T[], name: string, otherwise: T) => list.find((item) => item === word(name)) ?? otherwise;
  const sort = word('sort');
  const page = Number(word('page'));
  return {
    tab: oneOf(TABS, 'tab', USUAL.tab), q: word('q'), kind: word('kind'), floor: word('floor'), state: oneOf<Connection | ''>([...STATES, ''], 'state', ''), losing: said.has('losing'), drifting: said.has('drifting'), bare: said.has('bare'),
    sort: sort.replace(/^-/, '') || USUAL.sort, down: sort.startsWith('-'), page: Number.isInteger(page) && page > 0 ? page : 0, device: word('device'), pane: oneOf(PANES, 'pane', USUAL.pane),
  };
}

/** The search part of an address: what is as usual is left out, what belongs to other sections stays. */
export function formatAddress(wanted: DevicesAddress, search = ''): string {
  const parts = new URLSearchParams(search);
  const sort = `${wanted.down ? '-' : ''}${wanted.sort}`;
  const told: Record<string, string> = {
    tab: wanted.tab === USUAL.tab ? '' : wanted.tab, q: wanted.q, kind: wanted.kind, floor: wanted.floor, state: wanted.state, losing: wanted.losing ? '1' : '', drifting: wanted.drifting ? '1' : '', bare: wanted.bare ? '1' : '',
    sort: sort === USUAL.sort ? '' : sort, page: wanted.page === 0 ? '' : String(wanted.page), device: wanted.device, pane: wanted.device === '' || wanted.pane === USUAL.pane ? '' : wanted.pane,
  };
  for (const [name, value] of Object.entries(told)) {
    if (value === '') parts.delete(name);
    else parts.set(name, value);
  }
  const text = parts.toString();
  return text ? `?${text}` : '';
}

/** The address of one device on this page. */
export function deviceLink(key: string): string {
  return `/admin/${formatAddress({ ...USUAL, device: key })}#devices`;
}

export type Change = (changes: Partial<DevicesAddress>) => void;

/** Choosing a device is a step that the browser's Back undoes; filters and sorting are not. */
export function useDevicesAddress(): [DevicesAddress, Change] {
  const [address, setAddress] = useState(() => parseAddress(location.search));
  useEffect(() => {
    const moved = () => { setAddress(parseAddress(location.search)); };
    addEventListener('popstate', moved);
    return () => { removeEventListener('popstate', moved); };
  }, []);
  const change = useCallback<Change>((changes) => {
    const before = parseAddress(location.search);
    const narrowed = ['q', 'kind', 'floor', 'state', 'losing', 'drifting', 'bare', 'sort', 'down'].some((name) => name in changes);
    const next = { ...before, ...(narrowed && { page: 0 }), ...changes };
    const link = `${location.pathname}${formatAddress(next, location.search)}${location.hash}`;
    if (next.device !== before.device && next.device !== '') history.pushState(null, '', link);
    else history.replaceState(null, '', link);
    setAddress(next);
  }, []);
  return [address, change];
}
