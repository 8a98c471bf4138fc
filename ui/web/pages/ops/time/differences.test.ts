import { describe, expect, it } from 'vitest';
import type { Kind, KindPoint, SceneDevice, Value } from '@/shared/api/types';
import { differencesOf, type Moment } from './differences';

const device = (id: string): SceneDevice => ({ id, kind: 'door', name: {}, floor: 'F1', space: null, at: [0, 0, 0], yaw_deg: null, serves: {} });
const point = (name: string, range: [number, number] | null = null) => ({ name, range }) as KindPoint;
const kinds = new Map([['door', { kind: 'door', points: [point('temperature', [0, 100]), point('load', [0, 10]), point('locked')] } as Kind]]);
const moment = (values: Record<string, Record<string, Value>>): Moment => ({
  at_ms: 0, known: true,
  entities: Object.fromEntries(Object.entries(values).map(([id, points]) => [id, Object.fromEntries(Object.entries(points).map(([name, value]) => [name, { value, quality: 'good', ts_ms: 0 }]))])),
});
const told = (a: Moment, b: Moment) => differencesOf(a, b, [device('d1'), device('d2')], kinds).map((one) => [one.device.id, one.point.name, one.before, one.after]);

describe('what differs between two moments', () => {
  it('is nothing where only the time is another', () => {
    expect(told(moment({ d1: { locked: true } }), moment({ d1: { locked: true } }))).toEqual([]);
  });
  it('puts words first, then what moved furthest over its own range', () => {
    const [a, b] = [moment({ d1: { temperature: 20, load: 1 }, d2: { locked: false } }), moment({ d1: { temperature: 30, load: 9 }, d2: { locked: true } })];
    expect(told(a, b)).toEqual([['d2', 'locked', false, true], ['d1', 'load', 1, 9], ['d1', 'temperature', 20, 30]]);
  });
  it('tells what had not been heard of by then', () => {
    expect(told(moment({}), moment({ d1: { load: 0 } }))).toEqual([['d1', 'load', null, 0]]);
  });
  it('leaves out what is not in the building', () => {
    expect(told(moment({}), moment({ gone: { load: 1 } }))).toEqual([]);
  });
});
