import { describe, expect, it } from 'vitest';
import type { Visitor } from '@/shared/api/types';
import { primaryOf, runningTime, screenFailed, screenPending, waitedMin, whyNot, type Window } from './deskLogic';

const visitor = (number: string, state: Visitor['state'] = 'issued') => ({ number, state }) as Visitor;
const at = (changes: Partial<Window> = {}): Window => ({ state: 'open', online: true, staffed_by: 'me', current: null, next: [visitor('C002')], waiting: 1, ...changes });

describe('the large button', () => {
  it('opens a closed window, goes on after a break', () => {
    expect(primaryOf(at({ state: 'closed', staffed_by: null }), 'me')).toMatchObject({ word: 'open', steps: ['open'], why: null });
    expect(primaryOf(at({ state: 'break' }), 'me')).toMatchObject({ word: 'resume', steps: ['open'] });
  });

  it('calls, starts, then finishes and calls the next in one press', () => {
    expect(primaryOf(at(), 'me')).toEqual({ word: 'call', number: 'C002', steps: ['call-next'], why: null });
    expect(primaryOf(at({ current: visitor('C001', 'called') }), 'me')).toEqual({ word: 'start', number: 'C001', steps: ['start'], why: null });
    expect(primaryOf(at({ current: visitor('C001', 'serving') }), 'me')).toEqual({ word: 'finishNext', number: 'C002', steps: ['finish', 'call-next'], why: null });
  });

  it('only finishes when nobody waits or the terminal is offline', () => {
    const current = visitor('C001', 'serving');
    expect(primaryOf(at({ current, next: [], waiting: 0 }), 'me').steps).toEqual(['finish']);
    expect(primaryOf(at({ current, online: false }), 'me').steps).toEqual(['finish']);
  });

  it('says why it cannot be pressed', () => {
    expect(primaryOf(at({ next: [], waiting: 0 }), 'me').why).toBe('nobody');
    expect(primaryOf(at({ online: false }), 'me').why).toBe('offline');
    expect(primaryOf(at({ staffed_by: 'another' }), 'me').why).toBe('held');
  });
});

describe('the other buttons', () => {
  it('call again and mark absent only before the service has begun', () => {
    expect(whyNot('recall', at({ current: visitor('C001', 'called') }), 'me')).toBeNull();
    expect(whyNot('recall', at({ current: visitor('C001', 'serving') }), 'me')).toBe('begun');
    expect(whyNot('no-show', at(), 'me')).toBe('noVisitor');
    expect(whyNot('recall', at({ current: visitor('C001', 'called'), online: false }), 'me')).toBe('offline');
    expect(whyNot('no-show', at({ current: visitor('C001', 'called'), online: false }), 'me')).toBeNull();
  });

  it('keep a window open while it has a visitor', () => {
    expect(whyNot('pause', at({ current: visitor('C001', 'serving') }), 'me')).toBe('visitor');
    expect(whyNot('close', at({ current: visitor('C001', 'called') }), 'me')).toBe('visitor');
    expect(whyNot('pause', at(), 'me')).toBeNull();
    expect(whyNot('pause', at({ state: 'break' }), 'me')).toBe('notOpen');
    expect(whyNot('close', at({ state: 'closed' }), 'me')).toBe('closed');
  });

  it('leave a colleague\'s window alone', () => {
    expect(whyNot('transfer', at({ staffed_by: 'another', current: visitor('C001', 'serving') }), 'me')).toBe('held');
  });
});

describe('times', () => {
  it('run in minutes and seconds, with hours when there are any', () => {
    expect([0, 252_900, 3_852_000, -5].map(runningTime)).toEqual(['0:00', '4:12', '1:04:12', '0:00']);
  });

  it('count waiting until the call', () => {
    expect(waitedMin({ issued_ms: 0, called_ms: 17 * 60_000 + 59_000 }, 99 * 60_000)).toBe(17);
    expect(waitedMin({ issued_ms: 0, called_ms: null }, 61_000)).toBe(1);
  });
});

it('a screen has shown, has not said, or has failed', () => {
  expect([screenPending('sent'), screenPending('done'), screenPending(null)]).toEqual([true, false, false]);
  expect([screenFailed('expired'), screenFailed('done'), screenFailed(null)]).toEqual([true, false, false]);
});
