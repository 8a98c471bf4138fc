/** The citizen's phone: one task a screen, help always in the same place. */
import { Suspense, useEffect, useRef, useState, type MouseEvent } from 'react';
import { collectPanels } from '@/panels/panel';
import { CallWatch } from '@/panels/queue/goWatch';
import type { BuildingInfo } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import type { IconName } from '@/shared/components/icons';
import { setLang, useLang, useT, useText } from '@/shared/i18n';
import { LiveProvider, useLiveState, useLiveStore, useNow } from '@/shared/live/hooks';
import { ageWords } from '@/shared/components/Freshness';
import { isElder, setElder } from '@/shared/theme';
import { goBack, GoProvider, hashOf, phone, useGo, useView, type ViewName } from './go';
import { ActsProvider } from './GoActs';
import { GoHelp } from './GoHelp';
import { useKept } from './goKept';
import './go.css';

const panels = collectPanels(import.meta.glob('@/panels/*/go.tsx', { eager: true }));

export function GoPage() {
  const { data: building, error, again } = useKept<BuildingInfo>('/building');
  const [token, setToken] = useState(phone.ticket);
  const [elder, setLarge] = useState(isElder);
  const view = useView();
  const t = useT();
  const at = view.query.get('at');
  useEffect(() => { if (at) phone.keepPlace(at); }, [at]);
  if (error) return <main className="go-gate"><ErrorNotice error={error} onRetry={again} /></main>;
  if (!building) return <main className="go-gate note" aria-busy="true">{t('loading')}</main>;
  const keep = (next: string | null) => {
    phone.keepTicket(next);
    setToken(next);
  };
  const turn = () => {
    setElder(!elder);
    setLarge(!elder);
  };
  // A link with somebody's token shows that ticket; the phone's own is what it took itself.
  const watched = (view.name === 'ticket' || view.name === 'rate') && view.key ? view.key : token;
  return (
    <GoProvider value={{ view, building, token, setToken: keep, elder }}>
      <LiveProvider view={watched ? `ticket:${watched}` : 'hall'} transport="events">
        <Shell onElder={turn} />
      </LiveProvider>
    </GoProvider>
  );
}

function Shell({ onElder }: { onElder: () => void }) {
  const { view, building } = useGo();
  const t = useT();
  const text = useText();
  const heading = useRef<HTMLHeadingElement>(null);
  const scrolled = useRef<HTMLDivElement>(null);
  const [acts, setActs] = useState<HTMLElement | null>(null);
  const home = view.name === 'home';
  const hall = text(building.name);
  const title = home ? hall : t(`view.${view.name}`);
  const place = `${view.name}/${view.key}`;
  const before = useRef(place);
  useEffect(() => {
    if (before.current === place) return;
    before.current = place;
    scrollTo(0, 0);
    scrolled.current?.scrollTo(0, 0);
    heading.current?.focus({ preventScroll: true });
  }, [place]);
  useEffect(() => { document.title = home ? hall : `${title} · ${hall}`; }, [home, title, hall]);
  const back = (event: MouseEvent) => { if (goBack()) event.preventDefault(); };
  return (
    <div className="go" data-view={view.name}>
      <header className="go-head">
        {home ? <Emblem /> : <a className="btn go-back" data-kind="quiet" data-icon="" href={hashOf('home')} onClick={back} aria-label={t('back')}><Icon name="left" /></a>}
        <h1 ref={heading} tabIndex={-1}>{title}</h1>
        <Switches onElder={onElder} />
      </header>
      <LiveLine />
      <main>
        <div ref={scrolled} className="go-scroll">
          <ActsProvider value={acts}>
            <Suspense fallback={<p className="note" aria-busy="true">{t('loading')}</p>}>
              {panels.filter((panel) => panel.slot === view.name).map(({ Component, title: name }) => <Component key={`${name.en ?? ''}/${view.key}`} />)}
            </Suspense>
          </ActsProvider>
        </div>
        <div ref={setActs} className="go-acts-place" />
      </main>
      <Bar />
      <CallWatch />
    </div>
  );
}

function Emblem() {
  return <span className="go-emblem" aria-hidden="true"><Icon name="layers" /></span>;
}

function Switches({ onElder }: { onElder: () => void }) {
  const { elder } = useGo();
  const t = useT();
  const lang = useLang();
  return (
    <div className="go-switches">
      <Button lang={lang === 'zh' ? 'en' : 'zh-CN'} onClick={() => { setLang(lang === 'zh' ? 'en' : 'zh'); }}>{t('langShort')}<span className="sr-only"> {t('langOther')}</span></Button>
      <Button icon="elder" onClick={onElder}>{t(elder ? 'normal' : 'elder')}</Button>
    </div>
  );
}

/** Said only when something is wrong: what stands on the page is then as old as it says. */
function LiveLine() {
  const state = useLiveState();
  const store = useLiveStore();
  const now = useNow(5_000);
  const t = useT();
  if (state === 'live' || state === 'connecting') return null;
  const { key, n } = ageWords(Math.max(0, now - store.clockOffsetMs - (store.lastMessageMs ?? now)), false);
  return <p className="go-lost is-stale" role="status"><Icon name="history" />{store.lastMessageMs === null ? t('unreached') : t('lost', { age: t(key, { n }) })}</p>;
}

const PLACES: readonly { name: ViewName; icon: IconName; also: readonly ViewName[] }[] = [
  { name: 'home', icon: 'home', also: ['items', 'item', 'departments', 'department'] },
  { name: 'ticket', icon: 'ticket', also: ['rate'] },
  { name: 'route', icon: 'route', also: [] },
];

/** Where to go, and help in its corner; in large letters help alone, over the full width. */
function Bar() {
  const { view, token, elder } = useGo();
  const t = useT();
  return (
    <nav className="go-bar" aria-label={t('bar.label')}>
      {!elder && PLACES.map(({ name, icon, also }) => (
        <a key={name} href={hashOf(name, name === 'ticket' ? (token ?? '') : '')} aria-current={name === view.name ? 'page' : undefined} data-within={also.includes(view.name) ? '' : undefined}>
          <Icon name={icon} />{t(`bar.${name}`)}
        </a>
      ))}
      <GoHelp />
    </nav>
  );
}
