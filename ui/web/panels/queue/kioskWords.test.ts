import { expect, it } from 'vitest';
import { ticketWords } from './kioskWords';

it('tells a ticket\'s holder what to do', () => {
  const say = (state: Parameters<typeof ticketWords>[0]['state'], ahead: number | null = null) => ticketWords({ state, ahead, called_window: 'A07' });
  expect(say('issued', 3)).toEqual({ word: 'kioskQueue:ticket.ahead', values: { n: 3 } });
  expect(say('issued', 0).word).toBe('kioskQueue:ticket.next');
  expect(say('called')).toEqual({ word: 'kioskQueue:ticket.called', values: { window: 'A07' } });
  expect(['done', 'no_show', 'cancelled'].map((state) => say(state as 'done').word)).toEqual(Array(3).fill('kioskQueue:ticket.ended'));
});
