/** The facility manager's page: is the hall well, and if not, where and why? What | where | this one. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { CameraState, HallHandle, Hit, Pin, Tone } from '@/engine';
import { api } from '@/shared/api/client';
import type { PlaceHit, Route } from '@/shared/api/types';
import { FindBox, type Found } from '@/shared/aria/FindBox';
import { lookIcon } from '@/shared/components/icons';
import { Button } from '@/shared/components/Button';
import { toast } from '@/shared/components/Toast';
import { textIn, useLang, useT, useText } from '@/shared/i18n';
import { useAlarms } from '@/shared/live/hooks';
import { Header } from '@/shared/console/Header';
import { keyOf, useHallData, type HallData } from '@/shared/console/data';
import { inOrder, isActive, isOpen } from '@/shared/console/states';
import { isUnacknowledged, useAlarmWords } from '@/shared/console/AlarmParts';
import { useDeviceStates } from '@/shared/console/useDeviceStates';
import { getTheme } from '@/shared/theme';
import { Banner } from './Banner';
import { Chosen } from './Chosen';
import { DeviceList } from './DeviceList';
import { formatLink, parseLink, type OpsView } from './link';
import { Overview } from './Overview';
import { RoutePanel } from './RoutePanel';
import { Sidebar } from './Sidebar';
import { Stage } from './Stage';
import { Compare } from './time/Compare';
import { NowBar } from './time/NowBar';
import type { Preset } from './time/scale';
import { TimeBar } from './time/TimeBar';

/** In sight at first: what a manager watches. Dense layers are called up. */
const FIRST_LAYERS = ['video', 'access', 'power', 'environment', 'transport', 'kiosks', 'network'];
const MAX_PINS = 24;
const REMEMBER_MS = 400;
type Side = 'thing' | 'route' | 'compare';

export function Ops() {
  const t = useT();
  const text = useText();
  const lang = useLang();
  const data = useHallData();
  const alarms = useAlarms();
  const states = useDeviceStates();
  const alarmWords = useAlarmWords();
  const [first] = useState(() => parseLink(location.hash));
  const [view, setView] = useState<OpsView>(first.view);
  const ground = (data.floors.find((candidate) => candidate.ordinal === 0) ?? data.floors[0])?.id ?? null;
  const [floor, setFloor] = useState<string | null>(() => data.floors.find((candidate) => candidate.number === first.floor)?.id ?? (isOneFloor(first.view) ? ground : null));
  const [picked, setPicked] = useState<string | null>(null);
  /** What the address names, until something else is chosen: it may stand in another version of the building only. */
  const [named, setNamed] = useState(first.chosen);
  const chosen = useMemo(() => picked ?? (named && resolve(named, data)), [picked, named, data]);
  const setChosen = useCallback((id: string | null) => {
    setPicked(id);
    setNamed(null);
  }, []);
  /** What the address names without saying from where to look: we fly there first, and then go where the reader goes. */
  const [flying, setFlying] = useState(!first.camera);
  const focus = flying && named ? chosen : null;
  const [layers, setLayers] = useState<ReadonlySet<string>>(() => new Set(first.layers ?? FIRST_LAYERS));
  const [side, setSide] = useState<Side>('thing');
  const [preset, setPreset] = useState<Preset>('1h');
  const [asList, setAsList] = useState(false);
  const [route, setRoute] = useState<Route | null>(null);
  const [theme, setTheme] = useState<string>(getTheme());
  const hall = useRef<HallHandle | null>(null);
  const camera = useRef<CameraState | null>(first.camera);

  /* the address follows the picture, a little later */
  const remember = useCallback(() => {
    const link = formatLink({
      view, floor: data.floorById.get(floor ?? '')?.number ?? null, chosen: chosen ? keyOf(chosen) : named, layers: [...layers], camera: camera.current,
    });
    if (link !== location.hash) history.replaceState(null, '', link);
  }, [view, floor, chosen, named, layers, data]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const rememberSoon = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(remember, REMEMBER_MS);
  }, [remember]);
  useEffect(rememberSoon, [rememberSoon]);

  const ready = useCallback((made: HallHandle | null) => {
    hall.current = made;
    if (made && camera.current) made.setCamera(camera.current); // another version of the building, from the same place
  }, []);

  const choose = useCallback((id: string | null, fly: boolean) => {
    setChosen(id);
    setFlying(false);
    setSide('thing');
    if (id && fly) {
      setAsList(false);
      hall.current?.flyTo(id);
    }
  }, [setChosen]);
  /** Without leaving the list that named it. */
  const showThere = (id: string) => {
    setChosen(id);
    setFlying(false);
    setAsList(false);
    hall.current?.flyTo(id);
  };
  const pick = useCallback((hit: Hit | null) => { choose(hit?.id ?? null, false); }, [choose]);

  const open = useMemo(() => inOrder(alarms.filter(isOpen)), [alarms]);
  const pins = useMemo<Pin[]>(() => {
    const list: Pin[] = [];
    for (const alarm of open.slice(0, MAX_PINS)) {
      const device = data.deviceById.get(alarm.source);
      if (!device || list.some((pin) => pin.id === device.id)) continue;
      list.push({
        id: device.id, floor: device.floor, at: device.at, text: alarmWords(alarm).title, state: states.get(device.id) ?? alarm.priority,
        chosen: device.id === chosen, blink: alarm.priority === 1 && isUnacknowledged(alarm),
      });
    }
    const device = chosen ? data.deviceById.get(chosen) : undefined;
    if (device && !list.some((pin) => pin.id === device.id)) {
      list.push({ id: device.id, floor: device.floor, at: device.at, text: textIn(device.name, lang), state: states.get(device.id) ?? null, chosen: true, blink: false });
    }
    return list;
  }, [open, data, states, chosen, alarmWords, lang]);
  const tints = useMemo(() => {
    const tones = new Map<string, Tone>();
    for (const alarm of open.filter(isActive).reverse()) {
      if (alarm.space && alarm.priority <= 2) tones.set(alarm.space, `p${String(alarm.priority)}` as Tone);
    }
    if (chosen && data.spaceById.has(chosen)) tones.set(chosen, 'brand');
    return tones;
  }, [open, chosen, data]);

  const find = useCallback((asked: string, signal: AbortSignal) => findThings(asked, data, lang, signal), [data, lang]);
  const copy = () => {
    remember();
    void navigator.clipboard.writeText(location.href).then(() => { toast(t('copied'), 'ok'); });
  };

  return (
    <div className="console ops">
      <Header page="ops" onTheme={setTheme}>
        <FindBox label={t('findLabel')} placeholder={t('find')} hotkey="/" find={find} onChoose={(found) => { choose(found.id, true); }} />
      </Header>
      <div className="ops-top">
        <NowBar onBack={(alarm) => { choose(alarm.source, false); }} />
        <Banner alarms={open} onShow={(alarm) => { choose(alarm.source, true); }} onHandle={(alarm) => { choose(alarm.source, false); }} />
      </div>
      <Sidebar
        view={view} floor={floor} layers={layers} states={states} asList={asList} routing={side === 'route'}
        onView={(next) => {
          setView(next);
          setFlying(false);
          setAsList(false);
          if (isOneFloor(next) && floor === null) setFloor(ground);
        }}
        onFloor={(id) => {
          setFloor(id);
          setFlying(false);
          if (!isOneFloor(view)) setView('single');
        }}
        onLayers={setLayers} onList={setAsList} onRoute={() => { setSide(side === 'route' ? 'thing' : 'route'); }}
      />
      <main className="ops-main" aria-label={t('title')}>
        {asList && <DeviceList states={states} floor={isOneFloor(view) ? floor : null} chosen={chosen} onChoose={(id) => { setChosen(id); setSide('thing'); }} />}
        <div className="ops-stage" hidden={asList}>
          <Stage
            view={view} floor={floor} states={states} layers={layers} pins={pins} tints={tints} route={route} theme={theme} hall={hall} focus={focus} onPick={pick} onReady={ready}
            onCamera={(now) => {
              camera.current = now;
              rememberSoon();
            }}
            onPlan={() => {
              setView('plan');
              setFloor((before) => before ?? ground);
              toast(t('noWebgl'));
            }}
          />
          <div className="stage-head">
            <Button icon="link" onClick={copy}>{t('copyLink')}</Button>
          </div>
        </div>
      </main>
      <TimeBar preset={preset} comparing={side === 'compare'} onPreset={setPreset} onCompare={() => { setSide(side === 'compare' ? 'thing' : 'compare'); }} />
      <aside className="ops-side" aria-label={side === 'route' ? t('routePanel.title') : side === 'compare' ? t('time.compare') : chosen ? text(data.deviceById.get(chosen)?.name) || keyOf(chosen) : t('now')}>
        {side === 'route' ? (
          <RoutePanel route={route} onRoute={(next) => { setRoute(next); setAsList(false); }} onClose={() => { setSide('thing'); setRoute(null); }} />
        ) : side === 'compare' ? (
          <Compare preset={preset} onChoose={(id) => { showThere(id); }} onClose={() => { setSide('thing'); }} />
        ) : chosen ? (
          <Chosen key={chosen} id={chosen} alarms={alarms} states={states} theme={theme} preset={preset} onClose={() => { setChosen(null); }} onChoose={(id) => { choose(id, true); }} />
        ) : (
          <Overview alarms={open} states={states} onChoose={(id) => { choose(id, true); }} />
        )}
      </aside>
    </div>
  );
}

function isOneFloor(view: OpsView): boolean {
  return view === 'single' || view === 'plan';
}

/** A key from an address (`UPS-2`) to an id of this hall. */
function resolve(key: string, data: HallData): string | null {
  const all = [...data.devices, ...data.scene.windows, ...data.scene.spaces];
  return all.find((thing) => keyOf(thing.id) === key)?.id ?? null;
}

const MAX_FOUND = 12;
/** Devices we know here; places the server knows better, with pinyin and initials. */
async function findThings(asked: string, data: HallData, lang: 'zh' | 'en', signal: AbortSignal): Promise<Found[]> {
  const bare = (word: string) => word.toLowerCase().replace(/[\s_-]/g, '');
  const word = bare(asked);
  const place = (floor: string | null) => (floor ? data.floorById.get(floor)?.number : undefined);
  const devices = data.devices
    .filter((device) => bare(keyOf(device.id)).includes(word) || Object.values(device.name).some((name) => bare(name ?? '').includes(word)))
    .slice(0, MAX_FOUND)
    .map((device) => {
      const kind = data.kinds.get(device.kind);
      const floor = place(device.floor);
      return { id: device.id, title: textIn(device.name, lang), note: [floor, textIn(kind?.label, lang)].filter(Boolean).join(' · '), icon: lookIcon(kind?.look.icon) };
    });
  const places = await api.get<PlaceHit[]>('/building/places', { q: asked, limit: MAX_FOUND, version: data.version }, signal);
  const known = new Set(devices.map((device) => device.id));
  const found = places.filter((hit) => !known.has(hit.id)).map((hit) => ({
    id: hit.id, title: [hit.number, textIn(hit.name, lang)].filter(Boolean).join(' '), note: place(hit.floor) ?? '', icon: 'pin' as const,
  }));
  return [...found.slice(0, MAX_FOUND / 2), ...devices, ...found.slice(MAX_FOUND / 2)].slice(0, MAX_FOUND);
}
