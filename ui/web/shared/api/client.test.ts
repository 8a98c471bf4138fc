import { describe, expect, it } from 'vitest';
import { splitEvents, withTicket } from './client';

describe('a ticket’s token', () => {
  it.each([
    ['/queue/tickets/abc%20d', {}, '/queue/tickets/mine', {}, 'abc d'],
    ['/routes', { from: 'OUT', to: 'ticket:abc', profile: 'walk' }, '/routes', { from: 'OUT', to: 'ticket:mine', profile: 'walk' }, 'abc'],
    ['/evaluations/form', { ticket: 'abc' }, '/evaluations/form', {}, 'abc'],
  ])('stands in no address: %s', (path, query, where, asked, token) => {
    expect(withTicket(path, query)).toEqual({ path: where, query: asked, headers: { 'X-Ticket': token } });
  });

  it('changes nothing else', () => {
    expect(withTicket('/queue/tickets', { to: 'A07', n: 1 })).toEqual({ path: '/queue/tickets', query: { to: 'A07', n: 1 }, headers: {} });
  });
});

describe('a line of events', () => {
  it('is read as it comes, whole events at a time', () => {
    expect(splitEvents('data: {"n":1}\n\n: here\n\ndata: {"n"')).toEqual({ events: ['{"n":1}'], rest: 'data: {"n"' });
    expect(splitEvents('data: {"n":2}\n\n')).toEqual({ events: ['{"n":2}'], rest: '' });
    expect(splitEvents('')).toEqual({ events: [], rest: '' });
  });
});
