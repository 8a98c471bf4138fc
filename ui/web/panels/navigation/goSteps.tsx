/** A way told: the plan of the step one is on, the step itself, and all steps. */
import { useState } from 'react';
import { hashOf, useGo } from '@/pages/go/go';
import { GoActs } from '@/pages/go/GoActs';
import { floorOf, type Hall } from '@/pages/go/goHall';
import type { Route } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { Icon } from '@/shared/components/Icon';
import type { IconName } from '@/shared/components/icons';
import { useT, useText } from '@/shared/i18n';
import { useNow } from '@/shared/live/hooks';
import { floorChanges, legsOf } from '@/shared/way/legs';
import { STEP_ICONS } from '@/shared/way/stepIcons';
import { useWay } from '@/shared/way/useWay';
import { floorOfStep } from '@/shared/way/way';
import { GoMap } from './goMap';
import { useSpeak } from './goSpeak';

/** The plan and the words turn the same way. */
function iconOf(step: Route['steps'][number]): IconName {
  if (step.kind === 'turn') return step.text.zh?.includes('左') ? 'turn_left' : 'turn_right';
  return step.kind === 'walk' ? 'straight' : STEP_ICONS[step.kind];
}

export function Way({ route, hall, to, onStep }: { route: Route; hall: Hall; to: string; onStep: (step: number) => void }) {
  const t = useT();
  const text = useText();
  const speak = useSpeak();
  const way = useWay(route, hall.floors);
  const [n, setN] = useState(0);
  const legs = legsOf(route, hall.floors);
  const told = route.steps.map((step, index) => ({ step, index, leg: legs[index] ?? [], floor: floorOfStep(step, hall.floors) })).filter(({ step }) => step.kind !== 'depart');
  const now = told[n];
  if (!way || !now) return null;
  const go = (next: number) => {
    const step = told[next];
    if (!step) return;
    setN(next);
    onStep(step.index);
    if (step.floor) way.choose(step.floor);
  };
  const onFloor = now.floor === way.floor.id;
  const bubbles = floorChanges(route, hall.floors).filter((one) => one.floor === way.floor.id).map((one) => ({ at: one.at, text: t(`goWay:by.${one.kind}`, { floor: floorOf(hall, one.to)?.number }) }));
  return (
    <>
      <div className="go-stage">
        {way.floors.length > 1 && <Floors way={way} here={now.floor} hall={hall} />}
        <GoMap
          key={`${String(n)} ${way.floor.id}`} way={way} leg={onFloor ? now.leg : []} bubbles={bubbles} fromWord={text(route.start.name)} toWord={text(route.goal.name)}
          label={t('goWay:plan', { floor: text(way.floor.name), from: text(route.start.name), to: text(route.goal.name) })}
        />
      </div>
      <ol className="card go-steps" aria-label={t('goWay:steps')}>
        {told.map(({ step }, index) => (
          <li key={`${String(index)}-${step.kind}`}>
            <button type="button" aria-current={index === n ? 'step' : undefined} onClick={() => { go(index); }}>
              <Icon name={iconOf(step)} />
              <span>{text(step.text)}</span>
              {step.duration_s >= 30 && <span className="note nb">{t('goWay:min', { n: Math.ceil(step.duration_s / 60) })}</span>}
            </button>
          </li>
        ))}
      </ol>
      <GoActs>
        <section className="go-sheet" aria-label={t('goWay:thisStep')}>
          <div className="go-step-now" aria-live="polite">
            <span className="go-step-icon"><Icon name={iconOf(now.step)} /></span>
            <p><b>{text(now.step.text)}</b><span className="note">{t('goWay:stepOf', { n: n + 1, of: told.length, floor: floorOf(hall, now.floor ?? null)?.number })}</span></p>
            {speak && <Button icon="sound" aria-label={t('goWay:speak')} onClick={() => { speak(text(now.step.text)); }} />}
          </div>
          <div className="go-step-turn">
            <Button size="large" icon="left" missing={n === 0 ? t('goWay:isFirst') : undefined} onClick={() => { go(n - 1); }}>{t('goWay:before')}</Button>
            {n < told.length - 1
              ? <Button kind="mine" size="large" icon="right" onClick={() => { go(n + 1); }}>{t('goWay:next')}</Button>
              : <Arrived to={to} />}
          </div>
        </section>
      </GoActs>
    </>
  );
}

function Arrived({ to }: { to: string }) {
  const t = useT();
  const { token } = useGo();
  const own = to.startsWith('ticket:') ? to.slice('ticket:'.length) : token;
  return <a className="btn" data-kind="mine" data-size="large" href={own ? hashOf('ticket', own) : hashOf('home')}><Icon name="check" />{t('goWay:there')}</a>;
}

/** The floors of the way, uppermost first; where one is and where one goes are said. */
function Floors({ way, here, hall }: { way: NonNullable<ReturnType<typeof useWay>>; here: string | undefined; hall: Hall }) {
  const t = useT();
  const goal = way.route.goal.floor;
  return (
    <div className="go-floors" role="group" aria-label={t('floor')}>
      {[...way.floors].sort((a, b) => b.ordinal - a.ordinal).map((floor) => (
        <button key={floor.id} type="button" aria-pressed={floor.id === way.floor.id} onClick={() => { way.choose(floor.id); }}>
          <b>{floorOf(hall, floor.id)?.number}</b>
          <span>{floor.id === here ? t('goWay:you') : floor.id === goal ? t('goWay:end') : ''}</span>
        </button>
      ))}
    </div>
  );
}

/** How long, how far, when there. */
export function Sum({ route }: { route: Route }) {
  const t = useT();
  const { building } = useGo();
  const now = useNow(10_000);
  const time = new Intl.DateTimeFormat('en-GB', { timeZone: building.timezone, hour: '2-digit', minute: '2-digit' }).format(now + route.duration_s * 1_000);
  return (
    <p className="go-sum" aria-live="polite">
      <b>{t('goWay:sum', { min: Math.max(1, Math.round(route.duration_s / 60)), m: Math.round(route.distance_m) })}</b>
      <span className="note">{t('goWay:thereAt', { time })}</span>
    </p>
  );
}
