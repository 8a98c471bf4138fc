/** The guide on a kiosk: find an item by pinyin, see what to bring, go on to a ticket. */
import type { Panel } from '@/panels/panel';
import { rangeText, windowsText } from '@/panels/queue/board';
import { Both } from '@/pages/kiosk/Both';
import { Finder } from '@/pages/kiosk/Finder';
import { useKiosk } from '@/pages/kiosk/kiosk';
import { BigButton, Frame, RowButton, Scroller, Tile } from '@/pages/kiosk/parts';
import { useAnswer } from '@/shared/api/useAnswer';
import type { Item, ItemDetail } from '@/shared/api/types';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { addWords, useT, useText } from '@/shared/i18n';
import en from './kiosk.en.json';
import './kiosk.css';
import zh from './kiosk.zh.json';

addWords('kioskGuide', { zh, en });
const FOUND = 30;

function ItemsTile() {
  const { move } = useKiosk();
  return <Tile word="kioskGuide:tile" icon="document" onPress={() => { move({ do: 'go', name: 'items' }); }} />;
}

function Items() {
  const t = useT();
  return (
    <Finder<{ items: Item[] }>
      word="kioskGuide:find" hint={t('kioskGuide:findHint')} placeholder={t('kioskGuide:placeholder')} path="/guide/items"
      query={(text) => ({ q: text, limit: FOUND })} pick={(told) => told.items}
    >
      {(told) => told.items.map((item) => <ItemRow key={item.code} item={item} />)}
    </Finder>
  );
}

function ItemRow({ item }: { item: Item }) {
  const t = useT();
  const text = useText();
  const { move } = useKiosk();
  const serving = item.open_windows.length > 0;
  return (
    <RowButton
      text={item.name} off={!serving} onPress={() => { move({ do: 'go', name: 'item', args: { code: item.code } }); }}
      note={<>{text(item.department_short)}<br />{!serving ? t('kioskGuide:closed') : item.wait_min ? t('kioskGuide:wait', { range: rangeText(item.wait_min) }) : t('kioskGuide:waiting', { n: item.waiting ?? 0 })}</>}
    />
  );
}

function ItemView() {
  const t = useT();
  const text = useText();
  const { view, move } = useKiosk();
  const { data: item, error, again } = useAnswer<ItemDetail>(`/guide/items/${encodeURIComponent(view.args.code ?? '')}`);
  if (!item) return <Frame word="kioskGuide:find"><ErrorNotice error={error} onRetry={again} />{!error && <p className="quiet" aria-busy="true">{t('loading')}</p>}</Frame>;
  const serving = item.open_windows.length > 0;
  return (
    <Frame
      title={item.name} hint={text(item.department_name)}
      info={<Facts item={item} />}
      actions={
        <>
          <BigButton icon="route" word="kioskGuide:way" onClick={() => { move({ do: 'go', name: 'way', args: { to: `item:${item.code}` } }); }} />
          <BigButton kind="primary" icon="ticket" word="kioskGuide:take" disabled={!serving} onClick={() => { move({ do: 'go', name: 'take', args: { item: item.code } }); }} />
        </>
      }
    >
      <Scroller label={t('kioskGuide:papers')}>
        {!serving && <p className="kiosk-notice"><Icon name="info" /><Both word="kioskGuide:noWindow" /></p>}
        <h2><Both word="kioskGuide:papers" /></h2>
        {item.materials.length === 0 && <p>{t('kioskGuide:noPapers')}</p>}
        <ul className="papers">
          {item.materials.map((paper) => (
            <li key={paper.name.zh ?? paper.name.en}>
              <Icon name="document" />
              <Both text={paper.name} />
              <span className="papers-note">
                <b data-need={paper.need}>{t(`kioskGuide:need.${paper.need}`)}</b>
                <span>{[paper.original > 0 && t('kioskGuide:original', { n: paper.original }), paper.copies > 0 && t('kioskGuide:copies', { n: paper.copies })].filter(Boolean).join(' · ')}</span>
              </span>
              {paper.note && <small className="papers-more">{text(paper.note)}</small>}
            </li>
          ))}
        </ul>
        {item.conditions.length > 0 && (
          <>
            <h2><Both word="kioskGuide:conditions" /></h2>
            <ul className="lines">{item.conditions.map((condition) => <li key={condition.zh}>{text(condition)}</li>)}</ul>
          </>
        )}
      </Scroller>
    </Frame>
  );
}

function Facts({ item }: { item: ItemDetail }) {
  const t = useT();
  const text = useText();
  const rows: [string, string][] = [
    ['windows', item.open_windows.length > 0 ? `${item.floors.join(' ')} · ${windowsText(item.open_windows)}` : t('kioskGuide:closed')],
    ['waitNow', item.open_windows.length === 0 ? '—' : item.wait_min ? t('kioskGuide:wait', { range: rangeText(item.wait_min) }) : t('kioskGuide:waitUnknown')],
    ['promised', item.instant ? t('kioskGuide:instant') : t('kioskGuide:days', { n: item.promised_days })],
    ['fee', item.fee_free ? t('kioskGuide:free') : text(item.fee_note)],
  ];
  return <dl className="kiosk-facts">{rows.map(([name, words]) => <div key={name}><dt><Both word={`kioskGuide:${name}`} /></dt><dd>{words}</dd></div>)}</dl>;
}

export const panels: Panel[] = [
  { slot: 'tile', title: { zh: '找事项', en: 'Find a service' }, order: 1, Component: ItemsTile },
  { slot: 'view:items', title: { zh: '找事项', en: 'Find a service' }, Component: Items },
  { slot: 'view:item', title: { zh: '事项', en: 'Service' }, Component: ItemView },
];
