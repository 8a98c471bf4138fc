/** The guide at a clerk's window: papers to check for the visitor's item, and what to tell at the end. */
import { useEffect, useState } from 'react';
import type { Panel } from '@/panels/panel';
import { useDesk, useKeys } from '@/panels/queue/deskState';
import { api } from '@/shared/api/client';
import type { Item, ItemDetail } from '@/shared/api/types';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { addWords, useT, useText } from '@/shared/i18n';
import en from './desk.en.json';
import './desk.css';
import { missingRequired } from './deskPapers';
import zh from './desk.zh.json';

addWords('deskGuide', { zh, en });
const MAX_KEYS = 9;

/** Items change rarely: read once a page. A failed reading is asked again the next time. */
const items = new Map<string, Promise<ItemDetail>>();
function readItem(code: string): Promise<ItemDetail> {
  const known = items.get(code);
  if (known) return known;
  const asked = api.get<ItemDetail>(`/guide/items/${encodeURIComponent(code)}`);
  asked.catch(() => { items.delete(code); });
  items.set(code, asked);
  return asked;
}

function useItem(code: string | null): { item: ItemDetail | null; error: unknown } {
  const [told, setTold] = useState<{ code: string; item: ItemDetail | null; error: unknown } | null>(null);
  useEffect(() => {
    if (code === null) return;
    let current = true;
    readItem(code).then(
      (item) => { if (current) setTold({ code, item, error: null }); },
      (error: unknown) => { if (current) setTold({ code, item: null, error }); },
    );
    return () => { current = false; };
  }, [code]);
  return told !== null && told.code === code ? told : { item: null, error: null };
}

/** A ticket for a department names no item: the clerk picks it, for this visitor only. */
const picked = new Map<string, string>();

function Papers() {
  const { window } = useDesk();
  const t = useT();
  const visitor = window.current;
  const [, redraw] = useState(0);
  if (!visitor) return <section className="card desk-papers desk-papers-none"><Icon name="document" /><p>{t('deskGuide:noVisitor')}</p></section>;
  const code = visitor.item ?? picked.get(visitor.number) ?? null;
  return (
    <section className="card desk-papers">
      {visitor.item === null && (
        <ItemChoice
          department={window.department} chosen={code}
          onChoose={(next) => {
            picked.clear();
            picked.set(visitor.number, next);
            redraw((n) => n + 1);
          }}
        />
      )}
      {code && <Checklist key={`${visitor.number} ${code}`} code={code} />}
    </section>
  );
}

function ItemChoice({ department, chosen, onChoose }: { department: string; chosen: string | null; onChoose: (code: string) => void }) {
  const t = useT();
  const text = useText();
  const [found, setFound] = useState<readonly Item[]>([]);
  useEffect(() => {
    api.get<{ items: Item[] }>('/guide/items', { department, limit: 50 }).then((told) => { setFound(told.items); }, () => { setFound([]); });
  }, [department]);
  return (
    <div className="field">
      <label htmlFor="item">{t('deskGuide:choose')}</label>
      <select id="item" className="input" value={chosen ?? ''} onChange={(event) => { onChoose(event.target.value); }}>
        <option value="" disabled>{t('deskGuide:chooseNone')}</option>
        {found.map((item) => <option key={item.code} value={item.code}>{text(item.name)}</option>)}
      </select>
    </div>
  );
}

function Checklist({ code }: { code: string }) {
  const t = useT();
  const text = useText();
  const { item, error } = useItem(code);
  const [ticked, setTicked] = useState<ReadonlySet<number>>(new Set());
  const flip = (index: number) => {
    setTicked((before) => {
      const next = new Set(before);
      if (!next.delete(index)) next.add(index);
      return next;
    });
  };
  const papers = item?.materials ?? [];
  useKeys(Object.fromEntries(papers.slice(0, MAX_KEYS).map((_, index) => [String(index + 1), () => { flip(index); }])));
  if (error) return <ErrorNotice error={error} />;
  if (!item) return <p className="desk-quiet" aria-busy="true">{t('loading')}</p>;
  if (papers.length === 0) return <p>{t('deskGuide:none')}</p>;
  const missing = missingRequired(papers, ticked);
  const label = t('deskGuide:papers', { done: ticked.size, all: papers.length });
  return (
    <>
      <header><h2>{label}</h2><span className="desk-quiet">{t('deskGuide:keys')}</span></header>
      <ul aria-label={label}>
        {papers.map((paper, index) => (
          <li key={paper.name.zh ?? index}>
            <label>
              <input type="checkbox" checked={ticked.has(index)} onChange={() => { flip(index); }} aria-keyshortcuts={index < MAX_KEYS ? String(index + 1) : undefined} />
              <span>
                {text(paper.name)} <span className="desk-need" data-need={paper.need}>{t(`deskGuide:${paper.need}`)}</span>
                {paper.note && <small>{text(paper.note)}</small>}
              </span>
            </label>
            <span className="desk-quiet nb">
              {[paper.original > 0 && t('deskGuide:original', { n: paper.original }), paper.copies > 0 && t('deskGuide:copies', { n: paper.copies })].filter(Boolean).join(' · ')}
            </span>
            <kbd className="kbd" aria-hidden="true">{index < MAX_KEYS ? index + 1 : ''}</kbd>
          </li>
        ))}
      </ul>
      <p className="desk-papers-sum" role="status">
        {missing.length > 0
          ? t('deskGuide:missing', { names: missing.map((paper) => text(paper.name)).join(t('deskGuide:comma')) })
          : <><Icon name="check" />{t(papers.some((paper) => paper.need === 'required') ? 'deskGuide:allRequired' : 'deskGuide:noneRequired')}</>}
      </p>
    </>
  );
}

function TellAtTheEnd() {
  const { window } = useDesk();
  const t = useT();
  const text = useText();
  const { item } = useItem(window.current?.item ?? null);
  if (!item || !window.current) return null;
  const rows: [string, string][] = [
    [t('deskGuide:result'), text(item.result)],
    [t('deskGuide:promised'), item.instant ? t('deskGuide:instant') : t('deskGuide:days', { n: item.promised_days })],
    [t('deskGuide:fee'), item.fee_free ? t('deskGuide:free') : text(item.fee_note)],
    [t('deskGuide:online'), text(item.online_note)],
  ];
  return (
    <section className="card desk-tell">
      <h2>{t('deskGuide:tell')}</h2>
      <dl>{rows.filter(([, words]) => words).map(([name, words]) => <div key={name}><dt>{name}</dt><dd>{words}</dd></div>)}</dl>
    </section>
  );
}

export const panels: Panel[] = [
  { slot: 'main', title: { zh: '材料', en: 'Papers' }, order: 2, Component: Papers },
  { slot: 'side', title: { zh: '办完以后告诉群众', en: 'Tell the visitor' }, order: 2, Component: TellAtTheEnd },
];
