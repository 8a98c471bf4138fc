/** The way on a kiosk's plans: from where it stands, floor by floor. */
import type { Route } from '@/shared/api/types';
import { useAnswer, type Answer } from '@/shared/api/useAnswer';
import { useT, useText } from '@/shared/i18n';
import { FloorPlan } from '@/shared/way/FloorPlan';
import type { Way } from '@/shared/way/useWay';
import { findHere, groundFloor } from '@/pages/kiosk/here';
import { OUTSIDE, useKiosk } from '@/pages/kiosk/kiosk';

export function useRoute(to: string | null, profile: string): Answer<Route> {
  const { from } = useKiosk();
  return useAnswer<Route>(to === null ? null : '/routes', { from, to: to ?? '', profile });
}

export function WayMap({ way: { route, floor, lines, from, to } }: { way: Way }) {
  const t = useT();
  const text = useText();
  const kiosk = useKiosk();
  return (
    <FloorPlan
      floor={floor} lines={lines} from={from} to={to} fromWord={kiosk.from === OUTSIDE ? text(route.start.name) : t('kioskWay:here')}
      label={t('kioskWay:planLabel', { floor: text(floor.name), to: text(route.goal.name) })}
    />
  );
}

/** Nothing to turn over when the way stays on one floor. */
export function WayFloors({ way: { floors, floor, choose } }: { way: Way }) {
  const t = useT();
  const text = useText();
  if (floors.length < 2) return null;
  return (
    <div className="way-floors" role="group" aria-label={t('floor')}>
      {floors.map((one, index) => (
        <button key={one.id} type="button" className="big" aria-pressed={one.id === floor.id} onClick={() => { choose(one.id); }}>{index + 1}. {text(one.name)}</button>
      ))}
    </div>
  );
}

/** Where this kiosk stands, on the first screen. */
export function HerePlan() {
  const t = useT();
  const text = useText();
  const { scene, from } = useKiosk();
  const here = findHere(scene, from);
  const floor = scene.floors.find((one) => one.id === here?.floor) ?? groundFloor(scene.floors);
  return floor ? <FloorPlan floor={floor} from={here?.at ?? null} fromWord={t('kioskWay:here')} label={t('kioskWay:hereLabel', { floor: text(floor.name) })} /> : null;
}
