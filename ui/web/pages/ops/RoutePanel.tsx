/** A way from one place to another, drawn through the floors and said in steps. */
import { useCallback, useEffect, useState } from 'react';
import { ApiError, api } from '@/shared/api/client';
import type { PlaceHit, Profile, Route } from '@/shared/api/types';
import { FindBox, type Found } from '@/shared/aria/FindBox';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { textIn, useLang, useT, useText } from '@/shared/i18n';
import { useHallData } from '@/shared/console/data';
import { useReplay } from '@/shared/live/hooks';
import { STEP_ICONS } from '@/shared/way/stepIcons';

const OUT = 'OUT';
interface End {
  id: string;
  title: string;
}

export function RoutePanel({ route, onRoute, onClose }: { route: Route | null; onRoute: (route: Route | null) => void; onClose: () => void }) {
  const t = useT();
  const text = useText();
  const lang = useLang();
  const { floorById } = useHallData();
  const past = useReplay() !== null; // ways are those of now
  const [from, setFrom] = useState<End>({ id: OUT, title: t('routePanel.out') });
  const [to, setTo] = useState<End | null>(null);
  const [profiles, setProfiles] = useState<Profile[]>([]);
  const [profile, setProfile] = useState('walk');
  const [error, setError] = useState<unknown>(null);
  useEffect(() => { api.get<Profile[]>('/profiles').then(setProfiles, setError); }, []);

  const find = useCallback(async (asked: string, signal: AbortSignal): Promise<Found[]> => {
    const hits = await api.get<PlaceHit[]>('/building/places', { q: asked, limit: 8 }, signal);
    return hits.map((hit) => ({ id: hit.id, title: [hit.number, textIn(hit.name, lang)].filter(Boolean).join(' '), note: floorById.get(hit.floor ?? '')?.number ?? '' }));
  }, [lang, floorById]);

  const ask = async (start: End, goal: End) => {
    setError(null);
    try {
      onRoute(await api.get<Route>('/routes', { from: start.id, to: goal.id, profile }));
    } catch (reason) {
      onRoute(null);
      setError(reason);
    }
  };
  const candidates = error instanceof ApiError ? (error.problem.candidates ?? []) : [];
  return (
    <>
      <header className="side-head">
        <h2>{t('routePanel.title')}</h2>
        <Button kind="quiet" icon="close" aria-label={t('close')} onClick={onClose} />
      </header>
      <div className="side-body">
        <div className="panel-pad route-form">
          <div className="field"><span className="label">{t('routePanel.from')}</span><FindBox label={t('routePanel.from')} value={from.title} find={find} onChoose={setFrom} /></div>
          <div className="field"><span className="label">{t('routePanel.to')}</span><FindBox label={t('routePanel.to')} value={to?.title ?? ''} find={find} onChoose={setTo} /></div>
          <label className="field">
            <span className="label">{t('routePanel.profile')}</span>
            <select className="input" value={profile} onChange={(event) => { setProfile(event.target.value); }}>
              {profiles.map((item) => <option key={item.id} value={item.id}>{text(item.name)}</option>)}
            </select>
          </label>
          <div className="row">
            <Button kind="primary" icon="route" missing={past ? t('replay.over') : to ? undefined : t('routePanel.missing')} onClick={() => { if (to) void ask(from, to); }}>{t('routePanel.go')}</Button>
            {route && <Button onClick={() => { onRoute(null); }}>{t('routePanel.clear')}</Button>}
          </div>
          <ErrorNotice error={error} />
          {candidates.length > 0 && (
            <ul className="chips" aria-label={t('routePanel.candidates')}>
              {candidates.map((candidate) => <li key={candidate.id}><Button onClick={() => { setTo({ id: candidate.id, title: text(candidate.name) || candidate.id }); }}>{text(candidate.name) || candidate.id}</Button></li>)}
            </ul>
          )}
        </div>
        {route && (
          <section className="panel-pad" aria-live="polite">
            <p className="route-sum">{t('routePanel.summary', { min: Math.max(1, Math.round(route.duration_s / 60)), m: Math.round(route.distance_m) })}</p>
            <h3>{t('routePanel.steps')}</h3>
            <ol className="route-steps">
              {route.steps.map((step, i) => (
                <li key={`${String(i)}-${step.kind}`}>
                  <Icon name={STEP_ICONS[step.kind]} />
                  <span>{text(step.text)}</span>
                </li>
              ))}
            </ol>
            {route.avoided.length > 0 && (
              <>
                <h3>{t('routePanel.avoided')}</h3>
                <ul>{route.avoided.map((item) => <li key={item.id} className="note">{text(item.text) || item.reason}</li>)}</ul>
              </>
            )}
          </section>
        )}
      </div>
    </>
  );
}
