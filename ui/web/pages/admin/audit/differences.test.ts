import { describe, expect, it } from 'vitest';
import { differences } from './differences';

describe('what a line changed', () => {
  it('names only the fields that are others now', () => {
    expect(differences({ state: 'waiting', window: null, n: 1 }, { state: 'called', window: 'A07', n: 1 })).toEqual([
      { name: 'state', before: 'waiting', after: 'called' },
      { name: 'window', before: null, after: 'A07' },
    ]);
  });
  it('tells what came and what went', () => {
    expect(differences(null, { roles: ['clerk'] })).toEqual([{ name: 'roles', before: null, after: '["clerk"]' }]);
    expect(differences({ name: 'x' }, null)).toEqual([{ name: 'name', before: 'x', after: null }]);
    expect(differences(null, null)).toEqual([]);
    expect(differences('a', 'b')).toEqual([{ name: '', before: 'a', after: 'b' }]);
    expect(differences([1], { a: 1 })).toEqual([{ name: '', before: '[1]', after: null }, { name: 'a', before: null, after: '1' }]);
  });
});
