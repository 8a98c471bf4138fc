import { useState, type ReactNode } from 'react';
import { Button } from '@/shared/components/Button';
import { Icon } from '@/shared/components/Icon';
import { getLang, setLang, useLang, useT, useText } from '@/shared/i18n';
import { useLiveState, useLiveStore, useNow, useOwnNow, useReplay } from '@/shared/live/hooks';
import { getTheme, setTheme, type Theme } from '@/shared/theme';
import { useHallData } from './data';
import { signOut, useActor } from './session';
import { momentWords } from './moment';

const PAGES = [
  { id: 'ops', permission: 'ops.view' },
  { id: 'alert', permission: 'alert.view' },
  { id: 'admin', permission: 'admin.open' },
] as const;
const NEXT: Record<Theme, Theme> = { light: 'dark', dark: 'contrast', contrast: 'light' };

/** The head of a console: hall, pages, what the page adds, age of the feed, clock, person. */
export function Header({ page, title, children, onTheme }: { page: string; title?: string; children?: ReactNode; onTheme?: (theme: Theme) => void }) {
  const t = useT();
  const text = useText();
  const lang = useLang();
  const actor = useActor();
  const { scene } = useHallData();
  const [theme, setThemeState] = useState(getTheme());
  const change = () => {
    const next = NEXT[theme];
    setTheme(next);
    setThemeState(next);
    onTheme?.(next);
  };
  return (
    <header className="console-header">
      <img src="/favicon.svg" alt="" width="28" height="28" />
      <h1>{title ?? text(scene.name)}</h1>
      <nav aria-label={t('nav.label')}>
        {PAGES.filter(({ permission }) => actor.permissions.includes(permission)).map(({ id }) => (
          <a key={id} href={`/${id}/`} aria-current={id === page ? 'page' : undefined}>{t(`nav.${id}`)}</a>
        ))}
      </nav>
      <div className="console-header-middle">{children}</div>
      <FeedState />
      <Button kind="quiet" icon={theme === 'light' ? 'sun' : theme === 'dark' ? 'moon' : 'contrast'} aria-label={`${t('theme.label')}: ${t(`theme.${theme}`)}`} title={t(`theme.${theme}`)} onClick={change} />
      <Button kind="quiet" lang={lang === 'zh' ? 'en' : 'zh-CN'} onClick={() => { setLang(getLang() === 'zh' ? 'en' : 'zh'); }}>{t('langOther')}</Button>
      <a className="row nb" href="/me/" title={t('nav.me')}><Icon name="user" />{actor.name}</a>
      <Button kind="quiet" onClick={() => { void signOut(); }}>{t('signOut')}</Button>
    </header>
  );
}

function FeedState() {
  const past = useReplay();
  return past ? <ReplayBadge known={past.known} /> : <><LiveAge /><Clock /></>;
}

/** Takes the place of the live mark: what is shown is not now. */
function ReplayBadge({ known }: { known: boolean }) {
  const t = useT();
  const state = useLiveState();
  const now = useNow();
  const { timezone } = useHallData();
  return (
    <span className="replay-badge" data-known={known}>
      <Icon name="history" />
      <span className="nb">
        <b role="status">{state === 'live' ? t('replay.badge') : t(`live.${state === 'connecting' ? 'connecting' : 'offline'}`)}</b>{' '}
        <time dateTime={new Date(now).toISOString()}>{momentWords(now, timezone)}</time>
      </span>
      {!known && <span className="nb replay-unknown" role="status">{t('replay.unknown')}</span>}
    </span>
  );
}

/** How old what we see is: the newest message from the hall. */
function LiveAge() {
  const t = useT();
  const store = useLiveStore();
  const state = useLiveState();
  const now = useOwnNow();
  const age = store.lastMessageMs === null ? null : Math.max(0, Math.round((now - store.lastMessageMs) / 1_000));
  const words = state === 'live' ? t('live.ok') : state === 'stale' ? t('live.stale', { n: age ?? 0 }) : t(state === 'connecting' ? 'live.connecting' : 'live.offline');
  return (
    <span className="live-age nb" data-state={state}>
      <i aria-hidden="true" />
      <span role="status">{words}</span>
      {state === 'live' && age !== null && <span className="note">{age < 1 ? '< 1 s' : `${String(age)} s`}</span>}
    </span>
  );
}

function Clock() {
  const now = useNow();
  const lang = useLang();
  const { timezone } = useHallData();
  const time = new Intl.DateTimeFormat(lang === 'zh' ? 'zh-CN' : 'en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false, timeZone: timezone }).format(now);
  return <time className="clock nb">{time}</time>;
}
