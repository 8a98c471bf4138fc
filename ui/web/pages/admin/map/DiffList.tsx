/** What differs between two versions: new, gone, moved, changed; each line leads to its place on the plan. */
import { useT, useText } from '@/shared/i18n';
import { keyOf } from '@/shared/console/data';
import type { Diff, Difference } from './draft';

const SIGNS = { added: '+', removed: '−', moved: '→', changed: '≈' } as const;
type Way = keyof typeof SIGNS;
const WAYS: readonly Way[] = ['added', 'removed', 'moved', 'changed'];
const SHOWN = 60;

export const differences = (diff: Diff) => WAYS.reduce((sum, way) => sum + diff[way].length, 0);

export function DiffList({ diff, onShow }: { diff: Diff; onShow?: (difference: Difference) => void }) {
  const t = useT();
  const text = useText();
  const all = WAYS.flatMap((way) => diff[way].map((item) => ({ way, item })));
  if (all.length === 0) return <p className="note">{t('map.noDifference')}</p>;
  return (
    <>
      <ul className="map-diff">
        {all.slice(0, SHOWN).map(({ way, item }) => (
          <li key={way + item.id}>
            <b className="map-sign" data-way={way} aria-hidden="true">{SIGNS[way]}</b>
            {onShow && item.at ? <button type="button" className="link" onClick={() => { onShow(item); }}>{text(item.name) || keyOf(item.id)}</button> : <span>{text(item.name) || keyOf(item.id)}</span>}
            <span className="note nb">{t(`map.kind.${item.kind}`)} · {way === 'moved' && item.distance_m ? t('map.movedBy', { m: item.distance_m.toFixed(1) }) : t(`map.${way}`)}</span>
          </li>
        ))}
      </ul>
      {all.length > SHOWN && <p className="note">{t('map.moreDifferences', { n: all.length - SHOWN })}</p>}
    </>
  );
}
