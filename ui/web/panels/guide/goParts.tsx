/** Pieces of the guide on a phone: an item as a row, and how a queue stands in one line. */
import { windowsText } from '@/panels/queue/board';
import { hashOf } from '@/pages/go/go';
import type { Item, Queue } from '@/shared/api/types';
import { addWords, useT, useText } from '@/shared/i18n';
import en from './go.en.json';
import zh from './go.zh.json';
import { standing, type Standing } from './goStanding';
import './go.css';

addWords('goGuide', { zh, en });

export function StandingLine({ of }: { of: Standing }) {
  const t = useT();
  const { word, values } = standing(of);
  return <span className="go-standing" data-open={of.open_windows.length > 0 ? '' : undefined}>{t(word, values)}</span>;
}

export function ItemList({ items, queues, rows = false }: { items: readonly Item[]; queues: readonly Queue[]; rows?: boolean }) {
  const text = useText();
  return (
    <ul className="go-items" data-rows={rows ? '' : undefined}>
      {items.map((item) => (
        <li key={item.code}>
          <a className="card go-item" href={hashOf('item', item.code)}>
            <b>{text(item.name)}</b>
            <span className="note">{text(item.department_short)} · {item.floors.join(' ')} <span className="nb">{windowsText(item.windows)}</span></span>
            <span className="note"><StandingLine of={queues.find((queue) => queue.department === item.department) ?? item} /></span>
          </a>
        </li>
      ))}
    </ul>
  );
}

/** A department's windows, one by one: which serve now. */
export function Windows({ all, open }: { all: readonly string[]; open: readonly string[] }) {
  const t = useT();
  return (
    <ul className="go-windows" aria-label={t('goGuide:windows')}>
      {all.map((number) => {
        const serves = open.includes(number);
        return <li key={number} data-open={serves ? '' : undefined}><b>{number}</b> <span>{t(serves ? 'goGuide:serves' : 'goGuide:rests')}</span></li>;
      })}
    </ul>
  );
}
