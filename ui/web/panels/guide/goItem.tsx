/** One service item on a phone: what to bring, how it goes, and the ticket. */
import { NowLine } from '@/panels/queue/goNow';
import { useServing } from '@/panels/queue/goQueues';
import { TakeTicket } from '@/panels/queue/goTake';
import { useGo } from '@/pages/go/go';
import { KeptNote, useKept } from '@/pages/go/goKept';
import type { ItemDetail, Text } from '@/shared/api/types';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { useT, useText } from '@/shared/i18n';
import { Windows } from './goParts';

export function ItemView() {
  const t = useT();
  const { view } = useGo();
  const { data, error, again, keptMs } = useKept<ItemDetail>(`/guide/items/${encodeURIComponent(view.key)}`);
  if (!data) return <><ErrorNotice error={error} onRetry={again} />{!error && <p className="note" aria-busy="true">{t('loading')}</p>}</>;
  return <><KeptNote ms={keptMs} /><Detail item={data} /></>;
}

function Detail({ item }: { item: ItemDetail }) {
  const t = useT();
  const text = useText();
  const serving = useServing(item);
  return (
    <article className="go-detail">
      <header>
        <h2>{text(item.name)}</h2>
        <p className="go-sub">{text(item.department_name)}</p>
        <p className="go-tags"><span>{text(item.type_label)}</span>{item.audience.map((who) => <span key={who}>{t(`goGuide:audience.${who}`)}</span>)}{item.instant && <span>{t('goGuide:onTheSpot')}</span>}{item.visits <= 1 && <span>{t('goGuide:oneVisit')}</span>}</p>
      </header>
      <section className="card go-block" aria-label={t('goGuide:now')}>
        <NowLine of={serving} />
        <Windows all={item.windows} open={serving.open_windows} />
        <p className="note">{t('goGuide:floor', { floor: item.floors.join(' ') })}</p>
      </section>
      <Papers item={item} />
      <Facts item={item} />
      <Words title={t('goGuide:conditions')} words={item.conditions} />
      <Words title={t('goGuide:steps')} words={item.process} ordered />
      {item.faq.length > 0 && (
        <section className="go-section">
          <h3>{t('goGuide:faq')}</h3>
          <div className="card go-rows go-faq">
            {item.faq.map((one) => <details key={text(one.question)}><summary>{text(one.question)}<Icon name="down" /></summary><p>{text(one.answer)}</p></details>)}
          </div>
        </section>
      )}
      <a className="btn go-wide" data-size="large" href={`tel:${item.phone.replace(/[^+\d]/g, '')}`}><Icon name="phone" />{t('goGuide:phone', { phone: item.phone })}</a>
      <TakeTicket wish={{ item: item.code }} serving={serving.open_windows.length > 0} to={`item:${item.code}`} />
    </article>
  );
}

function Papers({ item }: { item: ItemDetail }) {
  const t = useT();
  const text = useText();
  const later = item.materials.some((paper) => paper.need === 'deferrable');
  return (
    <section className="go-section">
      <h3>{t('goGuide:papers')}</h3>
      {item.materials.length === 0 && <p>{t('goGuide:noPapers')}</p>}
      {item.materials.length > 0 && (
        <ul className="card go-rows go-papers">
          {item.materials.map((paper) => (
            <li key={text(paper.name)}>
              <Icon name={paper.source === 'government' ? 'card' : 'document'} />
              <span>
                <b>{text(paper.name)}</b>
                <span className="note">{[paper.original > 0 && t('goGuide:original', { n: paper.original }), paper.copies > 0 && t('goGuide:copies', { n: paper.copies }), text(paper.note)].filter(Boolean).join(' · ')}</span>
              </span>
              <span className="go-need" data-need={paper.need}>{t(`goGuide:need.${paper.need}`)}</span>
            </li>
          ))}
        </ul>
      )}
      {later && <p className="note">{t('goGuide:laterNote')}</p>}
    </section>
  );
}

function Facts({ item }: { item: ItemDetail }) {
  const t = useT();
  const text = useText();
  const facts: [key: string, value: string][] = [
    ['takes', item.instant ? t('goGuide:instant', { n: item.duration_min }) : t('goGuide:days', { n: item.promised_days, minutes: item.duration_min })],
    ['legal', item.instant ? '' : t('goGuide:legalDays', { n: item.legal_days })],
    ['fee', item.fee_free ? t('goGuide:free') : text(item.fee_note)],
    ['result', text(item.result)],
    ['hours', text(item.hours)],
    ['online', item.online ? text(item.online_note) || t('goGuide:onlineYes') : t('goGuide:onlineNo')],
  ];
  return (
    <section className="go-section">
      <h3>{t('goGuide:facts')}</h3>
      <dl className="card go-facts">
        {facts.filter(([, value]) => value).map(([key, value]) => <div key={key}><dt>{t(`goGuide:${key}`)}</dt><dd>{value}</dd></div>)}
      </dl>
    </section>
  );
}

function Words({ title, words, ordered = false }: { title: string; words: readonly Text[]; ordered?: boolean }) {
  const text = useText();
  if (words.length === 0) return null;
  const rows = words.map((one) => <li key={text(one)}>{text(one)}</li>);
  return <section className="go-section"><h3>{title}</h3>{ordered ? <ol className="card go-list">{rows}</ol> : <ul className="card go-list">{rows}</ul>}</section>;
}
