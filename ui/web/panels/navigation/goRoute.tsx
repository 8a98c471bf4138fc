/** The way on a phone: where to, from where, step-free in plain sight, on the plan and in words. */
import { useEffect, useState } from 'react';
import { hashOf, phone, useGo } from '@/pages/go/go';
import { floorOf, useHall } from '@/pages/go/goHall';
import { KeptNote, useKept } from '@/pages/go/goKept';
import { ApiError } from '@/shared/api/client';
import type { Problem, Profile, Route, Trip } from '@/shared/api/types';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { useT, useText } from '@/shared/i18n';
import { FromTo } from './goFrom';
import { useLed } from './goLed';
import { Often } from './goOften';
import { PlaceSearch } from './goPlaces';
import { Sum, Way } from './goSteps';
import './goWords';

const WALK = 'walk';
const ELDER = 'elder';
const STEP_FREE = 'wheelchair';
const STAFF = 'staff';
/** A window that calls changes the way, and one that is not led is told of nothing else either. */
const AGAIN_MS = 20_000;
/** Of the way that was asked for; a later one the hall found itself. */
const FIRST = 1;

export default function RouteView() {
  const { view } = useGo();
  const to = view.query.get('to') ?? '';
  const from = view.query.get('from') ?? phone.place();
  useEffect(() => { phone.keepPlace(from); }, [from]);
  return to ? <WayTo to={to} from={from} /> : <FindPlace from={from} />;
}

function FindPlace({ from }: { from: string }) {
  const t = useT();
  const text = useText();
  const { token } = useGo();
  const { data: hall } = useHall();
  const desks = hall?.pois.filter((poi) => poi.kind === 'consultation') ?? [];
  return (
    <div className="go-way">
      <h2>{t('goWay:whereTo')}</h2>
      <PlaceSearch label={t('goWay:find')} placeholder={t('goWay:findHint')} hrefOf={(place) => hashOf('route', '', { to: place.id, from })} />
      <Often from={from} />
      <ul className="card go-rows">
        {token && <li><a className="go-place" href={hashOf('route', '', { to: `ticket:${token}`, from })}><Icon name="ticket" /><span><b>{t('goWay:myWindow')}</b></span><Icon name="right" /></a></li>}
        {desks.map((desk) => <li key={desk.id}><a className="go-place" href={hashOf('route', '', { to: desk.id, from })}><Icon name="help" /><span><b>{text(desk.name)}</b></span><span className="note">{floorOf(hall, desk.floor)?.number}</span></a></li>)}
      </ul>
    </div>
  );
}

function WayTo({ to, from }: { to: string; from: string }) {
  const t = useT();
  const text = useText();
  const { elder } = useGo();
  const [profile, setProfile] = useState(() => phone.profile() ?? (elder ? ELDER : WALK));
  const { data: hall, error: noHall } = useHall();
  const { data: asked, error, again, keptMs } = useKept<Route>('/routes', { from, to, profile });
  const goal = useGoal(JSON.stringify([from, to, profile]), asked);
  const { trip, onStep } = useLed({ from, to, profile }, goal);
  const led = trip !== null && trip.revision > FIRST ? trip : null;
  const route = led ? led.route : asked;
  useEffect(() => {
    const timer = setInterval(() => { if (!document.hidden) again(); }, AGAIN_MS);
    return () => { clearInterval(timer); };
  }, [again]);
  const choose = (next: string) => {
    phone.keepProfile(next);
    setProfile(next);
  };
  const problem = error instanceof ApiError ? error.problem : null;
  return (
    <div className="go-way">
      <FromTo from={from} fromName={route ? text(route.start.name) : shortWord(from)} to={to} toName={route ? text(route.goal.name) : shortWord(to)} />
      <Profiles chosen={profile} onChoose={choose} from={from} to={to} />
      <KeptNote ms={keptMs} />
      <div className="go-why" role="status" data-testid="why">{led?.why && <p className="go-avoided"><Icon name="warning" />{text(led.why)}</p>}</div>
      {led?.state === 'no_way' && <NoWay trip={led} from={from} />}
      <ErrorNotice error={(led ? null : error) ?? noHall} onRetry={again} />
      {!led && problem && <Candidates problem={problem} from={from} to={to} />}
      {!route && !led && !error && <p className="note" aria-busy="true">{t('loading')}</p>}
      {!led && route?.avoided.filter((one) => one.reason === 'closed').map((one) => <p key={one.id} className="go-avoided" role="status"><Icon name="warning" />{t('goWay:avoided', { what: text(one.text) })}</p>)}
      {route && <Sum route={route} />}
      {route && hall && <Way key={`${route.goal.id}${String(route.distance_m)}${profile}${String(led?.revision ?? FIRST)}`} route={route} hall={hall} to={to} onStep={onStep} />}
    </div>
  );
}

/** The goal of what was asked for last: a ticket's is another once it is called. Asked again in vain it stays. */
function useGoal(asked: string, route: Route | null): string | null {
  const [known, setKnown] = useState<{ asked: string; goal: string } | null>(null);
  if (route && (known?.asked !== asked || known.goal !== route.goal.id)) setKnown({ asked, goal: route.goal.id });
  return known?.asked === asked ? known.goal : null;
}

/** What stands in the way, and where somebody can help. */
function NoWay({ trip, from }: { trip: Trip; from: string }) {
  const t = useT();
  const text = useText();
  return (
    <div className="notice">
      <Icon name="help" />
      <div>
        {trip.refusal && <p>{text(trip.refusal)}</p>}
        {trip.ask && <p><a href={hashOf('route', '', { to: trip.ask.id, from })}>{t('goWay:ask', { place: text(trip.ask.name) })}</a></p>}
      </div>
    </div>
  );
}

/** Until the hall has said what a word means: a ticket's token is no name to show. */
const shortWord = (word: string): string => (word.includes(':') ? '…' : word);

/** Two ways in plain sight, with their time; more ways of going behind a list. */
function Profiles({ chosen, onChoose, from, to }: { chosen: string; onChoose: (profile: string) => void; from: string; to: string }) {
  const t = useT();
  const text = useText();
  const { elder } = useGo();
  const { data } = useKept<Profile[]>(elder ? null : '/profiles');
  // In large letters there are two ways to choose from, and walking is at an older visitor's pace.
  const walk = elder ? ELDER : WALK;
  const others = (data ?? []).filter(({ id }) => id !== STAFF && id !== WALK && id !== STEP_FREE);
  const other = others.some(({ id }) => id === chosen);
  return (
    <div className="go-profiles" role="group" aria-label={t('goWay:how')}>
      <Choice icon="walk" name={t('goWay:walk')} on={chosen === walk || (elder && chosen !== STEP_FREE)} profile={walk} from={from} to={to} onChoose={onChoose} />
      <Choice icon="wheelchair" name={t('goWay:stepFree')} on={chosen === STEP_FREE} profile={STEP_FREE} from={from} to={to} onChoose={onChoose} />
      {!elder && (
        <select className="input" aria-label={t('goWay:others')} data-chosen={other ? '' : undefined} value={other ? chosen : ''} onChange={(event) => { if (event.target.value) onChoose(event.target.value); }}>
          <option value="">{t('goWay:others')}</option>
          {others.map((one) => <option key={one.id} value={one.id}>{text(one.name)}</option>)}
        </select>
      )}
    </div>
  );
}

function Choice({ icon, name, on, profile, from, to, onChoose }: { icon: 'walk' | 'wheelchair'; name: string; on: boolean; profile: string; from: string; to: string; onChoose: (profile: string) => void }) {
  const t = useT();
  const { data } = useKept<Route>('/routes', { from, to, profile });
  return (
    <button type="button" className="btn" aria-pressed={on} onClick={() => { onChoose(profile); }}>
      <Icon name={icon} /><span>{name}{data && <small>{t('goWay:min', { n: Math.max(1, Math.round(data.duration_s / 60)) })}</small>}</span>
    </button>
  );
}

/** A word several places bear, or nearly bear: choose, do not guess. */
function Candidates({ problem, from, to }: { problem: Problem; from: string; to: string }) {
  const t = useT();
  const text = useText();
  const found = problem.candidates ?? [];
  if (found.length === 0) return null;
  const wasFrom = problem.query === from;
  return (
    <section className="go-section">
      <h2>{t(wasFrom ? 'goWay:meantFrom' : 'goWay:meantTo')}</h2>
      <ul className="card go-rows">
        {found.map((one) => (
          <li key={one.id}>
            <a className="go-place" href={hashOf('route', '', wasFrom ? { to, from: one.id } : { to: one.id, from })}>
              <Icon name="pin" /><span><b>{typeof one.name === 'string' ? one.name : text(one.name)}</b></span><span className="note">{one.floor}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
