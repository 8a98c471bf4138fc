import { describe, expect, it } from 'vitest';
import { EMPTY, TOOLS, firstValues, given, lacking, nameOf, type ToolId } from './tools';

function tool(id: ToolId) {
  const found = TOOLS.find((item) => item.id === id);
  if (!found) throw new Error(id);
  return found;
}

describe('a tool', () => {
  it('waits until enough is pointed at', () => {
    const join = tool('join');
    expect(given(join, { ...EMPTY('f'), spaces: ['a'] })).toBe(1);
    expect(join.needs).toBe(2);
  });
  it('names the field that still waits', () => {
    const poi = tool('poi');
    expect(lacking(poi, firstValues(poi))?.name).toBe('zh');
    expect(lacking(poi, { ...firstValues(poi), zh: '饮水处' })).toBeNull();
  });
  it('makes the edit of what was pointed at', () => {
    const stops = [{ floor: 'f1', at: [1, 2] as [number, number] }, { floor: 'f2', at: [1, 2] as [number, number] }];
    expect(tool('link').edit?.({ ...EMPTY('f2'), points: stops }, { kind: 'lift', zh: '电梯', en: '' })).toEqual({ op: 'add_link', kind: 'lift', stops, name: { zh: '电梯' } });
  });
  it('changes the rooms of a zone that is there', () => {
    expect(tool('zone').edit?.({ ...EMPTY('f'), spaces: ['a', 'b'], zone: 'z' }, { kind: 'queue', zh: '等候', en: '', capacity: '80' })).toEqual({ op: 'change_zone', id: 'z', spaces: ['a', 'b'], capacity: 80 });
  });
  it('leaves out what was not said', () => {
    expect(tool('zone').edit?.({ ...EMPTY('f'), spaces: ['a'] }, { kind: 'queue', zh: '等候', en: '', capacity: '' })).toEqual({ op: 'add_zone', floor: 'f', kind: 'queue', spaces: ['a'], name: { zh: '等候' } });
    expect(nameOf({ zh: ' 甲 ', en: ' ' })).toEqual({ zh: '甲' });
  });
});
