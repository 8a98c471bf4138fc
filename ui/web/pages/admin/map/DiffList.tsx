/** What differs between two versions: new, gone, moved, changed; each line leads to its place on the plan. */
import { useT, useText } from '@/shared/i18n';
import { keyOf } from '@/shared/console/data';
import type { Diff, Difference } from './draft';

const SIGNS = { added: '+', removed: '−', moved: '→', changed: '≈' } as const;
type Way = keyof typeof SIGNS;
const WAYS: readonly Way[] = ['added', 'removed', 'moved', 'changed'];
const SHOWN = 60;

export const differences = (diff: Diff) => WAYS.reduce((sum, way) => sum + diff[way].length, 0);

/** Many of one kind are one line that opens. */
const GROUPED = 6;

export function DiffList({ diff, onShow }: { diff: Diff; onShow?: (difference: Difference) => void }) {
  const t = useT();
  const groups = WAYS.flatMap((way) => {
    const byKind = new Map<string, Difference[]>();
    for (const item of diff[way]) byKind.set(item.kind, [...(byKind.get(item.kind) ?? []), item]);
    return [...byKind].map(([kind, items]) => ({ way, kind, items }));
  });
  if (groups.length === 0) return <p className="note">{t('map.noDifference')}</p>;
  return (
    <ul className="map-diff">
      {groups.map(({ way, kind, items }) => (items.length < GROUPED
        ? items.map((item) => <li key={way + item.id} className="map-diff-line"><Line way={way} item={item} onShow={onShow} /></li>)
        : (
          <li key={way + kind}>
            <details>
              <summary className="map-diff-line"><b className="map-sign" data-way={way} aria-hidden="true">{SIGNS[way]}</b><span>{t(`map.kind.${kind}`)} {items.length}</span><span className="note nb">{t(`map.${way}`)}</span></summary>
              <ul>{items.slice(0, SHOWN).map((item) => <li key={item.id} className="map-diff-line"><Line way={way} item={item} onShow={onShow} /></li>)}</ul>
              {items.length > SHOWN && <p className="note">{t('map.moreDifferences', { n: items.length - SHOWN })}</p>}
            </details>
          </li>
        )))}
    </ul>
  );
}

function Line({ way, item, onShow }: { way: Way; item: Difference; onShow: ((difference: Difference) => void) | undefined }) {
  const t = useT();
  const text = useText();
  const name = text(item.name) || keyOf(item.id);
  return (
    <>
      <b className="map-sign" data-way={way} aria-hidden="true">{SIGNS[way]}</b>
      {onShow && item.at ? <button type="button" className="link" onClick={() => { onShow(item); }}>{name}</button> : <span>{name}</span>}
      <span className="note nb">{t(`map.kind.${item.kind}`)} · {way === 'moved' && item.distance_m ? t('map.movedBy', { m: item.distance_m.toFixed(1) }) : t(`map.${way}`)}</span>
    </>
  );
}
