/** Which papers are still missing: pure. */
import type { ItemDetail } from '@/shared/api/types';

export type Paper = ItemDetail['materials'][number];

/** Required ones that are not ticked; what may follow later (容缺) never holds a visitor up. */
export function missingRequired<P extends Pick<Paper, 'need'>>(papers: readonly P[], ticked: ReadonlySet<number>): P[] {
  return papers.filter((paper, index) => paper.need === 'required' && !ticked.has(index));
}
