/** The way on a kiosk: places found by pinyin, facilities, what is open day and night, and the way there from here. */
import { useState } from 'react';
import type { Panel } from '@/panels/panel';
import { Both } from '@/pages/kiosk/Both';
import { Finder } from '@/pages/kiosk/Finder';
import { findHere } from '@/pages/kiosk/here';
import { OUTSIDE, useKiosk } from '@/pages/kiosk/kiosk';
import { BigButton, Frame, RowButton, Scroller, Tile } from '@/pages/kiosk/parts';
import type { PlaceHit, ScenePoi, Text } from '@/shared/api/types';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import type { IconName } from '@/shared/components/icons';
import { addWords, useT, useText } from '@/shared/i18n';
import { STEP_ICONS } from '@/shared/way/stepIcons';
import { useWay } from '@/shared/way/useWay';
import { toldSteps } from '@/shared/way/way';
import en from './kiosk.en.json';
import './kiosk.css';
import zh from './kiosk.zh.json';
import { HerePlan, useRoute, WayFloors, WayMap } from './kioskPlan';

addWords('kioskWay', { zh, en });

const ICONS: Readonly<Record<string, IconName>> = {
  toilet_men: 'toilet', toilet_women: 'toilet', toilet_accessible: 'wheelchair', drinking_water: 'drop', mother_baby: 'nursery', atm: 'atm', copy_print: 'copy',
  consultation: 'info', assisted: 'elder', first_aid: 'plus', rest: 'seat', self_service: 'kiosk', tickets: 'ticket', complaint: 'chat', luggage_wheelchair: 'wheelchair',
};
const FACILITIES = ['toilet_men', 'toilet_women', 'toilet_accessible', 'drinking_water', 'mother_baby', 'rest', 'copy_print', 'photo', 'atm', 'post', 'luggage_wheelchair', 'first_aid', 'parking_payment'];
const HELPERS = ['consultation', 'assisted', 'complaint', 'first_aid', 'luggage_wheelchair'];
const FOUND = 20;
const STEP_FREE = 'wheelchair';

function PlacesTile() {
  const { move } = useKiosk();
  return <Tile word="kioskWay:tile" icon="route" onPress={() => { move({ do: 'go', name: 'places' }); }} />;
}
function NightTile() {
  const { move } = useKiosk();
  return <Tile word="kioskWay:night" icon="clock" onPress={() => { move({ do: 'go', name: 'night' }); }} />;
}
function FacilitiesTile() {
  const { move } = useKiosk();
  return <Tile word="kioskWay:facilitiesTile" icon="toilet" onPress={() => { move({ do: 'go', name: 'facilities' }); }} />;
}

function useGo(): (to: string) => void {
  const { move } = useKiosk();
  return (to) => { move({ do: 'go', name: 'way', args: { to } }); };
}

function useFloorName(): (floor: string | null) => Text | null {
  const { scene } = useKiosk();
  return (floor) => scene.floors.find((one) => one.id === floor)?.name ?? null;
}

function Places() {
  const t = useT();
  const text = useText();
  const go = useGo();
  const floorName = useFloorName();
  return (
    <Finder<PlaceHit[]>
      word="kioskWay:tile" hint={t('kioskWay:findHint')} placeholder={t('kioskWay:placeholder')} path="/building/places"
      query={(asked) => ({ q: asked, limit: FOUND })} pick={(told) => told} whenEmpty={<PoiList kinds={[...HELPERS, ...FACILITIES]} />}
    >
      {(told) => told.map((place) => <RowButton key={place.id} text={place.name} note={text(floorName(place.floor))} icon="pin" onPress={() => { go(place.id); }} />)}
    </Finder>
  );
}

/** Places of some kinds, those on this floor first. */
function PoiList({ kinds, only = () => true }: { kinds: readonly string[] | null; only?: (poi: ScenePoi) => boolean }) {
  const t = useT();
  const text = useText();
  const go = useGo();
  const { scene, from } = useKiosk();
  const floorName = useFloorName();
  const floor = findHere(scene, from)?.floor ?? null;
  const found = scene.pois
    .filter((poi) => (kinds === null || kinds.includes(poi.kind)) && only(poi))
    .sort((a, b) => Number(b.floor === floor) - Number(a.floor === floor) || (kinds?.indexOf(a.kind) ?? 0) - (kinds?.indexOf(b.kind) ?? 0));
  if (found.length === 0) return <p className="quiet">{t('noResult')}</p>;
  return (
    <div className="list">
      {found.map((poi) => <RowButton key={poi.id} text={poi.name} note={text(floorName(poi.floor))} icon={ICONS[poi.kind] ?? 'pin'} onPress={() => { go(poi.id); }} />)}
    </div>
  );
}

function Facilities() {
  const t = useT();
  return <Frame word="kioskWay:facilities" hint={t('kioskWay:facilitiesHint')}><Scroller label={t('kioskWay:facilities')}><PoiList kinds={FACILITIES} /></Scroller></Frame>;
}

function Night() {
  const t = useT();
  return (
    <Frame word="kioskWay:night" hint={t('kioskWay:nightHint')}>
      <Scroller label={t('kioskWay:night')}>
        <PoiList kinds={null} only={(poi) => poi.kind === 'self_service' || poi.kind === 'atm' || Object.values(poi.name).some((name) => name?.includes('24'))} />
      </Scroller>
    </Frame>
  );
}

/** Help is people: where they are, and the way to them. */
function Help() {
  const t = useT();
  const { scene } = useKiosk();
  const desk = scene.pois.find((poi) => poi.kind === 'consultation');
  const way = useWay(useRoute(desk?.id ?? null, 'walk').data, scene.floors);
  return (
    <Frame word="help" hint={<Both word="kioskWay:helpHow" />} info={way && <WayMap way={way} />}>
      {way && <WayFloors way={way} />}
      <Scroller label={t('help')}><PoiList kinds={HELPERS} /></Scroller>
    </Frame>
  );
}

function Way() {
  const t = useT();
  const { view, from, scene } = useKiosk();
  const [profile, setProfile] = useState(view.args.profile ?? 'walk');
  const { data: route, error, again } = useRoute(view.args.to ?? null, profile);
  const way = useWay(route, scene.floors);
  const free = profile === STEP_FREE;
  return (
    <Frame
      word={route ? 'kioskWay:to' : 'kioskWay:tile'} values={route ? { place: route.goal.name } : {}}
      hint={route && <span className="way-sum">{t('kioskWay:sum', { m: Math.round(route.distance_m), min: Math.max(1, Math.ceil(route.duration_s / 60)) })}{from === OUTSIDE && ` · ${t('kioskWay:fromOutside')}`}</span>}
      info={way && <WayMap way={way} />}
      actions={<BigButton icon="wheelchair" word="kioskWay:stepFree" aria-pressed={free} onClick={() => { setProfile(free ? 'walk' : STEP_FREE); }} />}
    >
      <ErrorNotice error={error} onRetry={again} />
      {way && <WayFloors way={way} />}
      {!route && !error && <p className="quiet" aria-busy="true">{t('loading')}</p>}
      {route && (
        <Scroller label={t('kioskWay:steps')}>
          <ol className="steps">
            {toldSteps(route).map((one, index) => (
              <li key={index}><Icon name={STEP_ICONS[one.kind]} /><Both text={one.text} /></li>
            ))}
          </ol>
        </Scroller>
      )}
    </Frame>
  );
}

export const panels: Panel[] = [
  { slot: 'now', title: { zh: '您在这里', en: 'You are here' }, order: 1, Component: HerePlan },
  { slot: 'tile', title: { zh: '去哪里，怎么走', en: 'Find the way' }, order: 3, Component: PlacesTile },
  { slot: 'tile', title: { zh: '24 小时自助', en: 'Day and night' }, order: 5, Component: NightTile },
  { slot: 'tile', title: { zh: '厕所、饮水、母婴室', en: 'Facilities' }, order: 6, Component: FacilitiesTile },
  { slot: 'view:places', title: { zh: '去哪里，怎么走', en: 'Find the way' }, Component: Places },
  { slot: 'view:facilities', title: { zh: '设施', en: 'Facilities' }, Component: Facilities },
  { slot: 'view:night', title: { zh: '24 小时自助', en: 'Day and night' }, Component: Night },
  { slot: 'view:help', title: { zh: '找人帮忙', en: 'Help' }, Component: Help },
  { slot: 'view:way', title: { zh: '路线', en: 'The way' }, Component: Way },
];
