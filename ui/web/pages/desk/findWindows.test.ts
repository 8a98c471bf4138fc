import { expect, it } from 'vitest';
import { findWindows } from './findWindows';

const window = (number: string, department = 'hj', zh = '公安局户籍') => ({ number, department, department_name: { zh, en: 'Household Registration' } });
const all = [window('A01'), window('A07'), window('A10', 'gjj', '公积金中心'), window('B07')];
const numbers = (word: string) => findWindows(all, word).map(({ number }) => number);

it('finds windows by number, short number, figure and department', () => {
  expect(numbers('')).toEqual(['A01', 'A07', 'A10', 'B07']);
  expect(numbers('b07')).toEqual(['B07']);
  expect(numbers('a1')).toEqual(['A01', 'A10']);
  expect(numbers('7')).toEqual(['A07', 'B07']);
  expect(numbers('公积金')).toEqual(['A10']);
  expect(numbers('zzz')).toEqual([]);
});
