import { describe, expect, it } from 'vitest';
import type { Mark } from './recorded';
import { clustersOf, keyMoment, lastBy, leadOf, momentAt, PRESETS, SCALES, shareOf, spanOf, ticksOf, unrecorded } from './scale';

const H = 3_600_000;
/** 2026-11-22 10:42:00 in Shanghai. */
const NOW = Date.parse('2026-11-22T02:42:00Z');
const mark = (ts_ms: number, priority: number | null = null, what: Mark['what'] = priority === null ? 'event' : 'alarm'): Mark => ({ ts_ms, what, entity: 'hall:device:UPS-2', label: {}, priority });

describe('the time a line shows', () => {
  it('ends now, also while a moment on it is shown', () => {
    for (const at of [null, NOW - 1, NOW - H]) expect(spanOf('1h', NOW, at)).toEqual({ since: NOW - H, until: NOW });
  });
  it('goes to where an older moment stands, in its middle', () => {
    expect(spanOf('1h', NOW, NOW - 5 * H)).toEqual({ since: NOW - 5.5 * H, until: NOW - 4.5 * H });
  });
  it('never shows the future', () => {
    for (const preset of PRESETS) for (const back of [0, 0.4, 0.9, 1.01, 1.3, 9]) expect(spanOf(preset, NOW, NOW - back * SCALES[preset].span).until).toBeLessThanOrEqual(NOW);
  });
});

describe('where a moment stands', () => {
  const span = spanOf('1h', NOW, null);
  it('comes back from its share of the line', () => {
    for (const share of [0, 0.25, 0.5, 0.9]) expect(shareOf(momentAt(share, span, NOW) ?? NaN, span)).toBeCloseTo(share, 6);
  });
  it('is now at the right end, and a little before it', () => {
    expect(momentAt(1, span, NOW)).toBeNull();
    expect(momentAt(0.999, span, NOW)).toBeNull();
    expect(momentAt(0.99, span, NOW)).toBe(NOW - 36_000);
  });
  it('is no more than the right end of a line that lies in the past', () => {
    const old = spanOf('1h', NOW, NOW - 5 * H);
    expect(momentAt(1, old, NOW)).toBe(old.until);
  });
  it('stays on the line', () => {
    expect(momentAt(-3, span, NOW)).toBe(span.since);
    expect(shareOf(NOW - 9 * H, span)).toBe(0);
  });
});

describe('keys', () => {
  const span = spanOf('1h', NOW, null);
  const press = (key: string, at: number | null) => keyMoment(key, '1h', at, span, NOW);
  it('lead back from now and forward again to it', () => {
    const back = press('ArrowLeft', null);
    expect(back).toBe(NOW - 10_000);
    expect(press('ArrowRight', back ?? 0)).toBeNull();
  });
  it('go far with the page keys', () => {
    expect(press('PageDown', null)).toBe(NOW - 5 * 60_000);
    expect(press('PageUp', NOW - 10 * 60_000)).toBe(NOW - 5 * 60_000);
  });
  it('go to both ends', () => {
    expect(press('Home', NOW - 1_000)).toBe(NOW - H);
    expect(press('End', NOW - H)).toBeNull();
  });
  it('are left to the browser otherwise', () => {
    expect(press('Tab', null)).toBeUndefined();
    expect(press('a', null)).toBeUndefined();
  });
});

describe('written times', () => {
  it('are round by the hall\'s own clock', () => {
    const ticks = ticksOf('24h', spanOf('24h', NOW, null), 'Asia/Shanghai');
    expect(ticks.map((ms) => new Date(ms).toISOString().slice(11, 16))).toEqual(['04:00', '07:00', '10:00', '13:00', '16:00', '19:00', '22:00', '01:00']);
  });
  it('keep to midnight over a change of the clocks', () => {
    const until = Date.parse('2026-11-04T12:00:00-05:00');
    const ticks = ticksOf('7d', { since: until - 7 * 24 * H, until }, 'America/New_York');
    const hours = ticks.map((ms) => new Intl.DateTimeFormat('en-GB', { hour: '2-digit', hourCycle: 'h23', timeZone: 'America/New_York' }).format(ms));
    expect(hours).toEqual(['00', '00', '00', '00', '00', '00', '00']);
  });
  it('leave room for each other', () => {
    for (const preset of PRESETS) expect(ticksOf(preset, spanOf(preset, NOW, null), 'Asia/Shanghai').length).toBeLessThanOrEqual(9);
  });
});

describe('what was not recorded', () => {
  const span = { since: 100, until: 200 };
  it('is all that the spans leave out', () => {
    expect(unrecorded([[150, 170], [90, 120]], span)).toEqual([{ since: 120, until: 150 }, { since: 170, until: 200 }]);
  });
  it('is everything where nothing was, and nothing where all was', () => {
    expect(unrecorded([], span)).toEqual([span]);
    expect(unrecorded([[0, 300]], span)).toEqual([]);
    expect(unrecorded([[300, 400]], span)).toEqual([span]);
  });
});

describe('marks', () => {
  const span = { since: 0, until: 1_000 };
  it('that would lie on each other are one, led by the most urgent', () => {
    const found = clustersOf([mark(100), mark(105, 3), mark(108, 1), mark(109, 1), mark(500, 4)], span, 0.02);
    expect(found.map((cluster) => [cluster.marks.length, cluster.priority])).toEqual([[4, 1], [1, 4]]);
    expect(found.map((cluster) => leadOf(cluster)?.ts_ms)).toEqual([108, 500]);
  });
  it('are led by the first where none is an alarm', () => {
    const [cluster] = clustersOf([mark(105), mark(100)], span, 0.02);
    expect(cluster && leadOf(cluster)?.ts_ms).toBe(100);
  });
  it('never spread wider than asked for, and are lost nowhere', () => {
    const many = Array.from({ length: 200 }, (_, i) => mark(i * 5));
    const found = clustersOf(many, span, 0.052);
    expect(found.flatMap((cluster) => cluster.marks)).toHaveLength(200);
    for (const { marks } of found) expect((marks[marks.length - 1]?.ts_ms ?? 0) - (marks[0]?.ts_ms ?? 0)).toBeLessThan(52);
  });
  it('outside of the line are not shown', () => {
    expect(clustersOf([mark(-1), mark(1_001)], span, 0.1)).toEqual([]);
  });
  it('are told back from a moment: the last by then', () => {
    const marks = [mark(100), mark(300), mark(200)];
    expect([99, 100, 250, 900].map((at) => lastBy(marks, at)?.ts_ms)).toEqual([undefined, 100, 200, 300]);
  });
});
