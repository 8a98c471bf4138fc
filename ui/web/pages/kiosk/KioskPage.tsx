/** A self-service kiosk. Each visit is a fresh one: ending it drops every word, choice and switch. */
import { useCallback, useEffect, useMemo, useReducer, useState, type ComponentType } from 'react';
import { collectPanels } from '@/panels/panel';
import { api } from '@/shared/api/client';
import type { Actor, BuildingInfo, Paired, Scene, Text } from '@/shared/api/types';
import { useAnswer } from '@/shared/api/useAnswer';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { setLang, useT, useText } from '@/shared/i18n';
import { LiveProvider, useBuildingVersion, useLiveState } from '@/shared/live/hooks';
import { usePaired } from '@/shared/pairing/PairingGate';
import { setTheme } from '@/shared/theme';
import { Both } from './Both';
import { findHere } from './here';
import { Home } from './Home';
import { Idle } from './Idle';
import { KioskContext, OUTSIDE, useKiosk, type Kiosk } from './kiosk';
import { Mine } from './Mine';
import { Switches } from './parts';
import { SignIn } from './SignIn';
import { HOME, step } from './views';

const panels = collectPanels(import.meta.glob('@/panels/*/kiosk.tsx', { eager: true }));
const RETRY_MS = 5_000;
const OWN_VIEWS: Readonly<Record<string, ComponentType>> = { signin: SignIn, mine: Mine };

export function KioskPage() {
  return <LiveProvider view="hall" transport="events"><InHall /></LiveProvider>;
}

function InHall() {
  const t = useT();
  const version = useBuildingVersion();
  const [hall, setHall] = useState<{ building: BuildingInfo; scene: Scene } | null>(null);
  const wanted = version !== null && hall !== null && version !== hall.scene.version ? version : null;
  const [error, setError] = useState<unknown>(null);
  const [visit, setVisit] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = () => {
      Promise.all([api.get<BuildingInfo>('/building'), api.get<Scene>('/building/scene')]).then(
        ([building, scene]) => { setHall({ building, scene }); },
        (reason: unknown) => {
          setError(reason);
          timer = setTimeout(read, RETRY_MS);
        },
      );
    };
    read();
    return () => { clearTimeout(timer); };
  }, [wanted]);
  const end = useCallback(() => {
    setLang('zh');
    setTheme('light');
    setVisit((n) => n + 1);
  }, []);
  if (!hall) return <main className="kiosk-gate">{error ? <ErrorNotice error={error} /> : t('loading')}</main>;
  return <Visit key={visit} {...hall} onEnd={end} />;
}

function Visit({ building, scene, onEnd }: { building: BuildingInfo; scene: Scene; onEnd: () => void }) {
  const paired = usePaired();
  const { data: now } = useAnswer<Paired>('/pairings/me'); // its reader may have come or gone since the page was opened
  const reader = (now ?? paired).reader;
  const [stack, move] = useReducer(step, [HOME]);
  const [low, setLow] = useState(false);
  const [signed, setSigned] = useState<Actor | null>(null);
  const view = stack.at(-1) ?? HOME;
  const kiosk: Kiosk = useMemo(
    () => ({ view, move, low, setLow, building, scene, from: paired.place ?? demoPlace(building, scene) ?? OUTSIDE, reader, signed, setSigned }),
    [view, low, building, scene, paired.place, reader, signed],
  );
  const Shown = OWN_VIEWS[view.name] ?? panels.find((panel) => panel.slot === `view:${view.name}`)?.Component ?? Home;
  // Whoever leaves, in whatever way, is signed out; where the hall is not reached it forgets them within a minute.
  useEffect(() => {
    if (!signed) return;
    return () => { api.delete('/session').catch(() => undefined); };
  }, [signed]);
  return (
    <KioskContext value={kiosk}>
      <div className="kiosk" data-low={low ? '' : undefined} data-view={view.name}>
        <Head />
        <Shown key={stack.length} />
        <Dock onEnd={onEnd} />
        <Idle quietly={view.name === 'home' && !low && !signed} came={signed?.id} onEnd={onEnd} />
      </div>
    </KioskContext>
  );
}

function Head() {
  const t = useT();
  const text = useText();
  const { low, building, scene, from } = useKiosk();
  const here = [t('kiosk'), ...placeNames(scene, from)];
  const state = useLiveState();
  return (
    <header className="kiosk-head">
      <img src="/favicon.svg" alt="" />
      <div>
        <p className="kiosk-name">{text(building.name)}</p>
        <p>{here.map((part) => (typeof part === 'string' ? part : text(part))).join(' · ')}{(state === 'stale' || state === 'offline') && <span className="lost" role="status">{t('live.offline')}</span>}</p>
      </div>
      {!low && <Switches />}
    </header>
  );
}

/** Nobody told a demo's kiosk where it stands: by the first ticket machines. */
function demoPlace(building: BuildingInfo, scene: Scene): string | undefined {
  return building.demo ? scene.pois.find((poi) => poi.kind === 'tickets')?.id : undefined;
}

/** What stands where this kiosk stands, and the floor. */
function placeNames(scene: Scene, from: string): Text[] {
  const here = findHere(scene, from);
  const floor = scene.floors.find((one) => one.id === here?.floor);
  return here && floor ? [here.name, floor.name] : [];
}

/** Help never moves; beside it, controls low and start over. */
function Dock({ onEnd }: { onEnd: () => void }) {
  const { low, setLow, move, signed } = useKiosk();
  return (
    <footer className="dock">
      <button type="button" className="big" aria-pressed={low} onClick={() => { setLow(!low); }}><Icon name={low ? 'up' : 'download'} /><Both word={low ? 'dock.normal' : 'dock.low'} /></button>
      <button type="button" className="big dock-help" data-kind="primary" onClick={() => { move({ do: 'go', name: 'help' }); }}><Icon name="help" /><Both word="help" /></button>
      <button type="button" className="big" onClick={onEnd}><Icon name={signed ? 'lock' : 'home'} /><Both word={signed ? 'dock.signOut' : 'dock.restart'} /></button>
    </footer>
  );
}
