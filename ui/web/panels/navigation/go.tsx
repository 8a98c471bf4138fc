/** The way on a phone: floor by floor on the plan, step by step in words, step-free in plain sight. */
import { useState } from 'react';
import type { Panel } from '@/panels/panel';
import { hashOf, phone, useGo } from '@/pages/go/go';
import { useAnswer } from '@/shared/api/useAnswer';
import { ApiError } from '@/shared/api/client';
import type { Profile, Route, Scene } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { addWords, useT, useText } from '@/shared/i18n';
import { FloorPlan } from '@/shared/way/FloorPlan';
import { STEP_ICONS } from '@/shared/way/stepIcons';
import { useWay } from '@/shared/way/useWay';
import { floorOfStep, toldSteps } from '@/shared/way/way';
import en from './go.en.json';
import zh from './go.zh.json';
import './go.css';

addWords('goWay', { zh, en });
const STEP_FREE = 'wheelchair';

function RouteView() {
  const t = useT();
  const text = useText();
  const { view, elder } = useGo();
  const to = view.query.get('to') ?? '';
  const from = view.query.get('from') ?? phone.place();
  const [profile, setProfile] = useState(elder ? 'elder' : 'walk');
  const { data: scene } = useAnswer<Scene>('/building/scene');
  const { data: profiles } = useAnswer<Profile[]>('/profiles');
  const { data: route, error, again } = useAnswer<Route>(to ? '/routes' : null, { from, to, profile });
  const offered = (profiles ?? []).filter((one) => one.id !== 'staff');
  return (
    <div className="go-way">
      <WhereFrom from={from} to={to} />
      <div className="go-profiles" role="group" aria-label={t('goWay:how')}>
        <Button icon="wheelchair" aria-pressed={profile === STEP_FREE} onClick={() => { setProfile(profile === STEP_FREE ? 'walk' : STEP_FREE); }}>{t('goWay:stepFree')}</Button>
        <select className="input" aria-label={t('goWay:how')} value={profile} onChange={(event) => { setProfile(event.target.value); }}>
          {offered.map((one) => <option key={one.id} value={one.id}>{text(one.name)}</option>)}
        </select>
      </div>
      {!to && <p>{t('goWay:noGoal')}</p>}
      <ErrorNotice error={error} onRetry={again} />
      <Candidates error={error} from={from} />
      {!route && !error && to && <p className="note" aria-busy="true">{t('loading')}</p>}
      {route && scene && <Way key={`${from}>${to}>${profile}`} route={route} scene={scene} />}
    </div>
  );
}

/** A word several places bear: choose, do not guess. */
function Candidates({ error, from }: { error: unknown; from: string }) {
  const text = useText();
  const found = error instanceof ApiError ? (error.problem.candidates ?? []) : [];
  if (found.length === 0) return null;
  return <ul className="go-list">{found.map((one) => <li key={one.id}><a href={hashOf('route', '', { to: one.id, from })}>{[one.number, text(one.name)].filter(Boolean).join(' ')}</a></li>)}</ul>;
}

/** Nobody knows where a phone is: say it, or scan the code on the wall. */
function WhereFrom({ from, to }: { from: string; to: string }) {
  const t = useT();
  const [near, setNear] = useState('');
  return (
    <details className="card go-from">
      <summary>{t('goWay:from')} <b>{from === 'OUT' ? t('goWay:entrance') : from}</b></summary>
      <form onSubmit={(event) => { event.preventDefault(); if (near.trim()) location.hash = hashOf('route', '', { to, from: near.trim() }); }}>
        <label className="field">
          <span>{t('goWay:near')}</span>
          <input className="input" value={near} placeholder={t('goWay:nearHint')} onChange={(event) => { setNear(event.target.value); }} />
        </label>
        <Button type="submit">{t('goWay:fromHere')}</Button>
        {from !== 'OUT' && <a href={hashOf('route', '', { to, from: 'OUT' })}>{t('goWay:entrance')}</a>}
      </form>
    </details>
  );
}

function Way({ route, scene }: { route: Route; scene: Scene }) {
  const t = useT();
  const text = useText();
  const way = useWay(route, scene.floors);
  if (!way) return null;
  const { floors, floor, lines, from, to, choose } = way;
  return (
    <>
      <p className="go-sum" aria-live="polite"><b>{t('goWay:sum', { min: Math.max(1, Math.round(route.duration_s / 60)), m: Math.round(route.distance_m) })}</b> {t('goWay:goal', { goal: text(route.goal.name) })}</p>
      {route.avoided.map((one) => <p key={one.id} className="notice go-avoided"><Icon name="info" />{t('goWay:avoided', { what: text(one.text) })}</p>)}
      {floors.length > 1 && (
        <div className="go-floors" role="group" aria-label={t('floor')}>
          {floors.map((one, n) => <Button key={one.id} aria-pressed={one.id === floor.id} onClick={() => { choose(one.id); }}>{n + 1}. {text(one.name)}</Button>)}
        </div>
      )}
      <FloorPlan floor={floor} lines={lines} from={from} to={to} label={t('goWay:plan', { floor: text(floor.name) })} />
      <ol className="go-steps" aria-label={t('goWay:steps')}>
        {toldSteps(route).map((step, n) => (
          <li key={`${String(n)}-${step.kind}`}>
            <button type="button" aria-pressed={floorOfStep(step, scene.floors) === floor.id} onClick={() => { choose(floorOfStep(step, scene.floors) ?? floor.id); }}>
              <Icon name={STEP_ICONS[step.kind]} />
              <span>{text(step.text)}</span>
            </button>
          </li>
        ))}
      </ol>
    </>
  );
}

export const panel: Panel = { slot: 'route', title: { zh: '怎么走', en: 'The way' }, order: 1, Component: RouteView };
