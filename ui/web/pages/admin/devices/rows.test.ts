import { describe, expect, it } from 'vitest';
import type { DeviceInfo, Kind } from '@/shared/api/types';
import { USUAL } from './address';
import { connectionOf, cut, heardOf, inOrder, makeRow, narrow, PAGE_ROWS, type Live } from './rows';

const KIND = { kind: 'camera', label: { zh: '摄像机', en: 'Camera' }, points: [{ name: 'people', ttl_s: 60 }] } as unknown as Kind;
const HALL = { kinds: new Map([['camera', KIND]]), floorById: new Map(), spaceById: new Map() };
const device = (key: string, more: Partial<DeviceInfo> = {}) => ({
  key, kind: 'camera', name: { zh: key }, floor: null, space: null, enrolled: true, via: [], addresses: [], counters: {}, last_command: null, firmware: null, online: true, ...more,
}) as unknown as DeviceInfo;
const row = (key: string, more: Partial<DeviceInfo> = {}, live: Live = { state: 'online', alarm: null, drift: false }) => makeRow(device(key, more), live, HALL, 'zh');
const keys = (rows: readonly { device: DeviceInfo }[]) => rows.map((one) => one.device.key);

describe('connectionOf', () => {
  it('knows what nobody can speak for, what never spoke, what is gone and what is silent', () => {
    const at = (points: Parameters<typeof connectionOf>[1], online: boolean | null = null, now = 0) => connectionOf({ online }, points, KIND, now);
    expect(at({})).toBe('unknown');
    expect(at({}, true)).toBe('online');
    expect(at({ online: [false, 'bad', 0] }, true)).toBe('unknown');
    expect(at({ online: [false, 'good', 0] }, true)).toBe('offline');
    expect(at({ online: [true, 'good', 0], people: [3, 'good', 0] }, null, 60_001)).toBe('stale');
    expect(at({ online: [true, 'good', 0], people: [3, 'good', 0] }, null, 60_000)).toBe('online');
  });
});

describe('heardOf', () => {
  it('is as new as the newest value whose time can be trusted, and never what the hall itself said', () => {
    expect(heardOf({ last_seen_ms: null }, {}, KIND)).toBeNull();
    expect(heardOf({ last_seen_ms: 5 }, { people: [3, 'good', 9], online: [false, 'good', 20] }, KIND)).toBe(9);
    expect(heardOf({ last_seen_ms: 5 }, { people: [3, 'uncertain', 99] }, KIND)).toBe(5);
    expect(heardOf({ last_seen_ms: 5 }, { people: [3, 'good', 9] }, undefined)).toBe(5);
  });
});

describe('the list', () => {
  it('is narrowed by losses, by state and by who may not connect', () => {
    const rows = [row('A', { counters: { gaps: 1, missing: 2 } }), row('B', { enrolled: false }), row('C', { enrolled: false, via: ['GW'] }), row('D', {}, { state: 'offline', alarm: 2, drift: true })];
    expect(keys(narrow(rows, { ...USUAL, losing: true }))).toEqual(['A']);
    expect(rows.map((one) => one.lost)).toEqual([2, 0, 0, 0]);
    expect(keys(narrow(rows, { ...USUAL, bare: true }))).toEqual(['B']);
    expect(keys(narrow(rows, { ...USUAL, drifting: true }))).toEqual(['D']);
    expect(keys(narrow(rows, { ...USUAL, state: 'offline' }))).toEqual(['D']);
    expect(keys(narrow(rows, { ...USUAL, kind: 'door' }))).toEqual([]);
  });
  it('is sorted by numbers in keys and by pinyin, and what says nothing comes last either way', () => {
    expect(keys(inOrder([row('CAM-10'), row('CAM-9')], 'key', false))).toEqual(['CAM-9', 'CAM-10']);
    const named = [row('1', { name: { zh: '展厅' } }), row('2', { name: { zh: '办公' } }), row('3', { name: { zh: '门' } })];
    expect(keys(inOrder(named, 'name', false))).toEqual(['2', '3', '1']);
    const told = [row('A'), row('B', { firmware: '2.0' }), row('C', { firmware: '10.0' })];
    expect(keys(inOrder(told, 'firmware', false))).toEqual(['B', 'C', 'A']);
    expect(keys(inOrder(told, 'firmware', true))).toEqual(['C', 'B', 'A']);
  });
  it('puts alarms before what is gone, and that before what is well', () => {
    const rows = [row('A'), row('B', {}, { state: 'offline', alarm: null, drift: false }), row('C', {}, { state: 'online', alarm: 3, drift: false }), row('D', {}, { state: 'stale', alarm: 1, drift: false })];
    expect(keys(inOrder(rows, 'state', false))).toEqual(['D', 'C', 'B', 'A']);
  });
  it('opens at the page of the chosen device until another is asked for', () => {
    const rows = Array.from({ length: PAGE_ROWS * 2 + 1 }, (_, i) => row(`K${String(i)}`));
    expect(cut(rows, { page: 0, device: '' })).toMatchObject({ page: 1, pages: 3 });
    expect(cut(rows, { page: 0, device: `K${String(PAGE_ROWS)}` }).page).toBe(2);
    expect(cut(rows, { page: 0, device: 'nobody' }).page).toBe(1);
    expect(cut(rows, { page: 9, device: '' })).toMatchObject({ page: 3, rows: [rows.at(-1)] });
    expect(cut([], { page: 0, device: '' })).toEqual({ rows: [], page: 1, pages: 1 });
  });
});
