import { describe, expect, it } from 'vitest';
import { hashOf, parseHash } from './go';

describe('where one is', () => {
  it('is home for anything unknown', () => {
    expect(parseHash('').name).toBe('home');
    expect(parseHash('#/nowhere/x').name).toBe('home');
  });

  it('takes what cannot be decoded as it stands', () => {
    expect(parseHash('#/item/%E4%zz').key).toBe('%E4%zz');
  });

  it('comes back from what it wrote', () => {
    const view = parseHash(hashOf('route', '', { to: 'ticket:a b', from: 'OUT' }));
    expect([view.name, view.query.get('to'), view.query.get('from')]).toEqual(['route', 'ticket:a b', 'OUT']);
    expect(parseHash(hashOf('item', 'RSJ-01')).key).toBe('RSJ-01');
    expect(parseHash(hashOf('home', '', { q: '社保 卡' })).query.get('q')).toBe('社保 卡');
  });
});
