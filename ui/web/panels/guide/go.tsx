/** The guide on a phone: search first, what people come for most, and one item with its papers. */
import { useEffect, useState } from 'react';
import type { Panel } from '@/panels/panel';
import { rangeText, windowsText } from '@/panels/queue/board';
import { hashOf, useGo } from '@/pages/go/go';
import { useAnswer } from '@/shared/api/useAnswer';
import type { Item, ItemDetail, Text } from '@/shared/api/types';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { SearchField } from '@/shared/components/SearchField';
import { addWords, useT, useText } from '@/shared/i18n';
import { TakeTicket } from '@/panels/queue/goTake';
import en from './go.en.json';
import zh from './go.zh.json';
import './go.css';

addWords('goGuide', { zh, en });
const POPULAR = 8;
const FOUND = 12;
const REST_MS = 150;

function Search() {
  const t = useT();
  const { elder } = useGo();
  const [text, setText] = useState('');
  const [asked, setAsked] = useState('');
  useEffect(() => {
    const rest = setTimeout(() => { setAsked(text.trim()); }, REST_MS);
    return () => { clearTimeout(rest); };
  }, [text]);
  const limit = asked ? FOUND : elder ? 4 : POPULAR;
  const { data, error, again } = useAnswer<{ items: Item[] }>('/guide/items', { q: asked, limit });
  return (
    <>
      <SearchField value={text} onChange={setText} onSubmit={setAsked} label={t('goGuide:find')} placeholder={t('goGuide:placeholder')} />
      <section aria-label={asked ? t('goGuide:found') : t('goGuide:popular')} aria-busy={!data}>
        <h2>{asked ? t('goGuide:found') : t('goGuide:popular')}</h2>
        <ErrorNotice error={error} onRetry={again} />
        {data?.items.length === 0 && <p>{t('goGuide:nothing')}</p>}
        <ul className="go-items" data-found={asked ? '' : undefined}>
          {data?.items.map((item) => <ItemRow key={item.code} item={item} />)}
        </ul>
      </section>
    </>
  );
}

function ItemRow({ item }: { item: Item }) {
  const t = useT();
  const text = useText();
  const serving = item.open_windows.length > 0;
  const now = !serving ? t('goGuide:closed') : item.wait_min ? t('goGuide:wait', { range: rangeText(item.wait_min) }) : t('goGuide:waiting', { n: item.waiting ?? 0 });
  return (
    <li>
      <a className="card go-item" href={hashOf('item', item.code)}>
        <b>{text(item.name)}</b>
        <span className="note">{text(item.department_short)} · {item.floors.join(' ')} · <span className="nb">{windowsText(item.windows)}</span></span>
        <span className="note">{now}</span>
      </a>
    </li>
  );
}

function ItemView() {
  const t = useT();
  const text = useText();
  const { view } = useGo();
  const { data: item, error, again } = useAnswer<ItemDetail>(`/guide/items/${encodeURIComponent(view.key)}`);
  if (!item) return <><ErrorNotice error={error} onRetry={again} />{!error && <p className="note" aria-busy="true">{t('loading')}</p>}</>;
  return (
    <article className="go-detail">
      <header>
        <h2>{text(item.name)}</h2>
        <p>{text(item.department_name)}</p>
      </header>
      <dl className="card go-facts">
        <div><dt>{t('goGuide:where')}</dt><dd>{item.floors.join(' ')} · <span className="nb">{windowsText(item.windows)}</span></dd></div>
        <div><dt>{t('goGuide:now')}</dt><dd>{item.open_windows.length === 0 ? t('goGuide:closed') : t('goGuide:openNow', { n: item.open_windows.length, waiting: item.waiting ?? 0 })}</dd></div>
        <div><dt>{t('goGuide:takes')}</dt><dd>{item.instant ? t('goGuide:instant', { n: item.duration_min }) : t('goGuide:days', { n: item.promised_days })}</dd></div>
        <div><dt>{t('goGuide:fee')}</dt><dd>{item.fee_free ? t('goGuide:free') : text(item.fee_note)}</dd></div>
        <div><dt>{t('goGuide:hours')}</dt><dd>{text(item.hours)}</dd></div>
      </dl>
      <TakeTicket item={item} />
      <section>
        <h3>{t('goGuide:papers')}</h3>
        {item.materials.length === 0 && <p>{t('goGuide:noPapers')}</p>}
        <ul className="card go-papers">
          {item.materials.map((paper) => (
            <li key={text(paper.name)}>
              <Icon name="document" />
              <span>
                <b>{text(paper.name)}</b>
                <span className="note">{[paper.original > 0 && t('goGuide:original', { n: paper.original }), paper.copies > 0 && t('goGuide:copies', { n: paper.copies }), text(paper.note)].filter(Boolean).join(' · ')}</span>
              </span>
              <span className="go-need" data-need={paper.need}>{t(`goGuide:need.${paper.need}`)}</span>
            </li>
          ))}
        </ul>
      </section>
      <Words title={t('goGuide:conditions')} words={item.conditions} />
      <Words title={t('goGuide:steps')} words={item.process} ordered />
      {item.faq.length > 0 && (
        <section>
          <h3>{t('goGuide:faq')}</h3>
          {item.faq.map((one) => <details key={text(one.question)} className="card go-faq"><summary>{text(one.question)}</summary><p>{text(one.answer)}</p></details>)}
        </section>
      )}
      {item.online && <p className="note">{t('goGuide:online')} {text(item.online_note)}</p>}
      <p><a href={`tel:${item.phone.replace(/[^+\d]/g, '')}`}>{t('goGuide:phone', { phone: item.phone })}</a></p>
    </article>
  );
}

function Words({ title, words, ordered = false }: { title: string; words: readonly Text[]; ordered?: boolean }) {
  const text = useText();
  if (words.length === 0) return null;
  const rows = words.map((one) => <li key={text(one)}>{text(one)}</li>);
  return <section><h3>{title}</h3>{ordered ? <ol className="go-list">{rows}</ol> : <ul className="go-list">{rows}</ul>}</section>;
}

export const panels: Panel[] = [
  { slot: 'home', title: { zh: '办事指南', en: 'Guide' }, order: 2, Component: Search },
  { slot: 'item', title: { zh: '办事指南', en: 'Item' }, order: 1, Component: ItemView },
];
