import { expect, it } from 'vitest';
import { missingRequired } from './deskPapers';

it('only required papers that are not ticked are missing', () => {
  const papers = [{ need: 'required' as const }, { need: 'deferrable' as const }, { need: 'required' as const }];
  expect(missingRequired(papers, new Set([0]))).toEqual([papers[2]]);
  expect(missingRequired(papers, new Set([0, 2]))).toEqual([]);
});
