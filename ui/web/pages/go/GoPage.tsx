/** The citizen's phone: one task a screen, help always in the same place. */
import { useEffect, useRef, useState } from 'react';
import { collectPanels } from '@/panels/panel';
import { api } from '@/shared/api/client';
import type { BuildingInfo } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { Dialog } from '@/shared/components/Dialog';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { HelpButton } from '@/shared/components/HelpButton';
import { Icon } from '@/shared/components/Icon';
import { setLang, useLang, useT, useText } from '@/shared/i18n';
import { LiveProvider, useLiveState } from '@/shared/live/hooks';
import { GoProvider, hashOf, phone, useGo, useView } from './go';
import './go.css';

const panels = collectPanels(import.meta.glob('@/panels/*/go.tsx', { eager: true }));

export function GoPage() {
  const [building, setBuilding] = useState<BuildingInfo | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [token, setToken] = useState(phone.ticket);
  const [elder, setElder] = useState(phone.elder);
  const view = useView();
  const t = useT();
  useEffect(() => { api.get<BuildingInfo>('/building').then(setBuilding, (reason: unknown) => { setError(reason); }); }, []);
  useEffect(() => {
    document.documentElement.dataset.mode = elder ? 'elder' : '';
    phone.keepElder(elder);
  }, [elder]);
  if (error) return <main className="go-gate"><ErrorNotice error={error} onRetry={() => { location.reload(); }} /></main>;
  if (!building) return <main className="go-gate note" aria-busy="true">{t('loading')}</main>;
  const keep = (next: string | null) => {
    phone.keepTicket(next);
    setToken(next);
  };
  // A link with somebody's token shows that ticket; the phone's own is what it took itself.
  const watched = view.name === 'ticket' || view.name === 'rate' ? view.key : token;
  return (
    <GoProvider value={{ view, building, token, setToken: keep, elder }}>
      <LiveProvider view={watched ? `ticket:${watched}` : 'hall'} transport="events">
        <Shell onElder={() => { setElder(!elder); }} />
      </LiveProvider>
    </GoProvider>
  );
}

function Shell({ onElder }: { onElder: () => void }) {
  const { view, building, elder } = useGo();
  const t = useT();
  const text = useText();
  const lang = useLang();
  const heading = useRef<HTMLHeadingElement>(null);
  const place = `${view.name}/${view.key}`;
  const before = useRef(place);
  useEffect(() => {
    if (before.current === place) return;
    before.current = place;
    scrollTo(0, 0);
    heading.current?.focus();
  }, [place]);
  const home = view.name === 'home';
  return (
    <div className="go">
      <header className="go-head">
        {home ? <Icon name="layers" /> : <a className="btn" data-kind="quiet" data-icon="" href={hashOf('home')} aria-label={t('back')}><Icon name="left" /></a>}
        <h1 ref={heading} tabIndex={-1}>{home ? text(building.name) : t(`view.${view.name}`)}</h1>
        <Button kind="quiet" lang={lang === 'zh' ? 'en' : 'zh-CN'} onClick={() => { setLang(lang === 'zh' ? 'en' : 'zh'); }}>{t('langOther')}</Button>
        <Button icon="elder" aria-pressed={elder} onClick={onElder}>{t('elder')}</Button>
      </header>
      <LiveLine />
      <main>
        {panels.filter((panel) => panel.slot === view.name).map(({ Component, title }) => <Component key={title.en} />)}
      </main>
      <Help />
    </div>
  );
}

/** Said only when something is wrong: what stands on the page is then as old as it says. */
function LiveLine() {
  const state = useLiveState();
  const t = useT();
  if (state === 'live' || state === 'connecting') return null;
  return <p className="go-lost is-stale" role="status">{t('lost')}</p>;
}

function Help() {
  const [open, setOpen] = useState(false);
  const t = useT();
  return (
    <>
      <HelpButton onPress={() => { setOpen(true); }} />
      <Dialog open={open} title={t('help')} onClose={() => { setOpen(false); }} actions={<Button onClick={() => { setOpen(false); }}>{t('close')}</Button>}>
        <p>{t('helpWhere')}</p>
        <a className="btn" data-kind="primary" data-size="large" href={hashOf('route', '', { to: t('helpPlace') })} onClick={() => { setOpen(false); }}><Icon name="route" />{t('helpWay')}</a>
        <a className="btn" data-size="large" href="tel:12345"><Icon name="phone" />{t('helpCall')}</a>
      </Dialog>
    </>
  );
}
