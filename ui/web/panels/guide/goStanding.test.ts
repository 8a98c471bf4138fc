import { describe, expect, it } from 'vitest';
import { standing } from './goStanding';

describe('how a queue stands', () => {
  it('does not promise a wait where nobody serves', () => {
    expect(standing({ open_windows: [], waiting: 3, wait_min: [1, 2] }).word).toBe('goGuide:stand.closed');
  });

  it('tells a range, or that it is not known', () => {
    expect(standing({ open_windows: ['A01'], waiting: 3, wait_min: [8, 15] })).toEqual({ word: 'goGuide:stand.wait', values: { n: 3, range: '8–15' } });
    expect(standing({ open_windows: ['A01'], waiting: 3, wait_min: null })).toEqual({ word: 'goGuide:stand.unknown', values: { n: 3 } });
    expect(standing({ open_windows: ['A01'], waiting: 0, wait_min: null }).word).toBe('goGuide:stand.free');
  });
});
