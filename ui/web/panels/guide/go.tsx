/** The guide on a phone: search first, what people come for most, and how the departments stand. */
import { useEffect, useState } from 'react';
import type { Panel } from '@/panels/panel';
import { longestQueues, windowsText } from '@/panels/queue/board';
import { useQueues } from '@/panels/queue/goQueues';
import { hashOf, replaceHash, useGo } from '@/pages/go/go';
import { KeptNote, useKept } from '@/pages/go/goKept';
import type { Item, Queue } from '@/shared/api/types';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import type { IconName } from '@/shared/components/icons';
import { SearchField } from '@/shared/components/SearchField';
import { useT, useText } from '@/shared/i18n';
import { DepartmentView } from './goDepartment';
import { ItemView } from './goItem';
import { ItemList, StandingLine } from './goParts';

const POPULAR = 6;
const FOUND = 12;
const ALL = 100;
const SHOWN_QUEUES = 5;
const REST_MS = 150;

type Items = { items: Item[] };

/** What is looked for stands in the address: coming back from an item finds it again. */
function useAsked(): string {
  return useGo().view.query.get('q') ?? '';
}

function Search() {
  const t = useT();
  const { view, elder } = useGo();
  const asked = useAsked();
  const [text, setText] = useState(asked);
  const name = view.name;
  // A link or the way back may ask for something else.
  const [seen, setSeen] = useState(asked);
  if (seen !== asked) {
    setSeen(asked);
    if (text.trim() !== asked) setText(asked);
  }
  useEffect(() => {
    const next = text.trim();
    if (next === asked) return;
    const rest = setTimeout(() => { replaceHash(hashOf(name, '', next ? { q: next } : {})); }, REST_MS);
    return () => { clearTimeout(rest); };
  }, [text, asked, name]);
  return (
    <>
      <div className="go-hero">
        {name === 'home' && <h2>{t('goGuide:hello')}</h2>}
        <SearchField value={text} onChange={setText} onSubmit={() => { document.querySelector<HTMLElement>('.go-items a')?.focus(); }} label={t('goGuide:find')} placeholder={t(elder ? 'goGuide:placeholderShort' : 'goGuide:placeholder')} />
      </div>
      {asked && <Found asked={asked} />}
    </>
  );
}

function Found({ asked }: { asked: string }) {
  const t = useT();
  const { queues } = useQueues();
  const { data, error, again, keptMs } = useKept<Items>('/guide/items', { q: asked, limit: FOUND });
  return (
    <section className="go-section" aria-busy={!data && !error}>
      <h2>{t('goGuide:found')}</h2>
      <KeptNote ms={keptMs} />
      <ErrorNotice error={error} onRetry={again} />
      <p className="sr-only" role="status">{data ? t('goGuide:count', { n: data.items.length }) : ''}</p>
      {data?.items.length === 0 && <><p>{t('goGuide:nothing')}</p><a className="btn go-wide" data-size="large" href={hashOf('departments')}>{t('goGuide:byDepartment')}</a></>}
      {data && <ItemList items={data.items} queues={queues} rows />}
    </section>
  );
}

function Popular() {
  const t = useT();
  const { elder } = useGo();
  const asked = useAsked();
  const { queues } = useQueues();
  const { data, error, again, keptMs } = useKept<Items>(elder ? null : '/guide/items', { limit: POPULAR });
  if (asked) return null;
  if (elder) return <Choices />;
  return (
    <section className="go-section" aria-busy={!data && !error}>
      <div className="go-section-head"><h2>{t('goGuide:popular')}</h2><a href={hashOf('items')}>{t('goGuide:all')}</a></div>
      <KeptNote ms={keptMs} />
      <ErrorNotice error={error} onRetry={again} />
      {data && <ItemList items={data.items} queues={queues} />}
    </section>
  );
}

const CHOICES: readonly { to: 'items' | 'departments' | 'route'; icon: IconName }[] = [
  { to: 'items', icon: 'document' }, { to: 'departments', icon: 'counter' }, { to: 'route', icon: 'route' },
];

/** Large letters: few choices, each a whole line. */
function Choices() {
  const t = useT();
  return (
    <ul className="go-choices">
      {CHOICES.map(({ to, icon }) => (
        <li key={to}>
          <a className="card go-item go-choice" href={hashOf(to)}>
            <Icon name={icon} />
            <span><b>{t(`goGuide:choice.${to}`)}</b><span className="note">{t(`goGuide:choiceNote.${to}`)}</span></span>
            <Icon name="right" />
          </a>
        </li>
      ))}
    </ul>
  );
}

function Busy() {
  const t = useT();
  const { elder } = useGo();
  const { queues, keptMs } = useQueues();
  if (useAsked() || elder || queues.length === 0) return null;
  return (
    <section className="go-section">
      <div className="go-section-head"><h2>{t('goGuide:busy')}</h2><a href={hashOf('departments')}>{t('goGuide:allDepartments', { n: queues.length })}</a></div>
      <KeptNote ms={keptMs} />
      <QueueRows queues={longestQueues(queues, SHOWN_QUEUES)} />
    </section>
  );
}

function QueueRows({ queues }: { queues: readonly Queue[] }) {
  const text = useText();
  return (
    <ul className="card go-rows">
      {queues.map((queue) => (
        <li key={queue.queue}>
          <a className="go-queue" href={hashOf('department', queue.department)}>
            <span className="go-queue-floor">{queue.floors.join(' ')}</span>
            <span><b>{text(queue.department_short)}</b><span className="note nb">{windowsText(queue.windows)}</span></span>
            <StandingLine of={queue} />
          </a>
        </li>
      ))}
    </ul>
  );
}

function ItemsView() {
  const { queues } = useQueues();
  const asked = useAsked();
  const { data, error, again, keptMs } = useKept<Items>(asked ? null : '/guide/items', { limit: ALL });
  if (asked) return null;
  return (
    <>
      <KeptNote ms={keptMs} />
      <ErrorNotice error={error} onRetry={again} />
      {data && <ItemList items={data.items} queues={queues} rows />}
    </>
  );
}

function DepartmentsView() {
  const t = useT();
  const { queues, error, again, keptMs } = useQueues();
  return (
    <>
      <p>{t('goGuide:departmentsNote')}</p>
      <KeptNote ms={keptMs} />
      <ErrorNotice error={error} onRetry={again} />
      <QueueRows queues={queues} />
    </>
  );
}

const guide = { zh: '办事指南', en: 'Guide' };
export const panels: Panel[] = [
  { slot: 'home', title: guide, order: 1, Component: Search },
  { slot: 'home', title: { zh: '常办事项', en: 'Most asked for' }, order: 3, Component: Popular },
  { slot: 'home', title: { zh: '现在人多吗', en: 'How busy' }, order: 4, Component: Busy },
  { slot: 'items', title: guide, order: 1, Component: Search },
  { slot: 'items', title: { zh: '全部事项', en: 'All services' }, order: 2, Component: ItemsView },
  { slot: 'departments', title: guide, order: 1, Component: DepartmentsView },
  { slot: 'department', title: guide, order: 1, Component: DepartmentView },
  { slot: 'item', title: guide, order: 1, Component: ItemView },
];
