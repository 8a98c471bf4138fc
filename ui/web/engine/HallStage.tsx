/** The hall on a page: loads the engine when first shown, and gives way to the plan where there is no WebGL. */
import './engine.css';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import type { Route, Scene } from '@/shared/api/types';
import type { MarkState } from '@/shared/components/marks';
import { textIn, useLang, useT } from '@/shared/i18n';
import type { Hall } from './hall';
import { exposeHall } from './hook';
import type { Badge, CameraState, Hit, Pin, Tone, ViewMode } from './types';

export type HallHandle = Hall;

export interface StageProps {
  scene: Scene;
  mode: ViewMode;
  /** The floor shown alone, by id. */
  floor?: string | null;
  badges?: readonly Badge[];
  states?: ReadonlyMap<string, MarkState>;
  layers?: ReadonlySet<string> | null;
  pins?: readonly Pin[];
  tints?: ReadonlyMap<string, Tone>;
  notes?: ReadonlyMap<string, string>;
  route?: Route | null;
  /** The thing the camera goes to, near enough to show this many metres. */
  focus?: string | null;
  focusSpanM?: number;
  label: string;
  theme?: string;
  onPick?: (hit: Hit | null) => void;
  onReady?: (hall: HallHandle | null) => void;
  onCamera?: (camera: CameraState) => void;
  /** No WebGL here, or its context is lost: the page shows the plan instead. */
  onUnavailable?: () => void;
}

const NO_BADGES: readonly Badge[] = [];
const NO_STATES: ReadonlyMap<string, MarkState> = new Map();
const NO_PINS: readonly Pin[] = [];
const NO_TINTS: ReadonlyMap<string, Tone> = new Map();
const NO_NOTES: ReadonlyMap<string, string> = new Map();

export function HallStage(props: StageProps) {
  const {
    scene, mode, floor = null, badges = NO_BADGES, states = NO_STATES, layers = null, pins = NO_PINS, tints = NO_TINTS, notes = NO_NOTES,
    route = null, focus = null, focusSpanM, label, theme,
  } = props;
  const place = useRef<HTMLDivElement>(null);
  const [hall, setHall] = useState<Hall | null>(null);
  const lang = useLang();
  const t = useT();

  const picked = useEffectEvent((hit: Hit | null) => props.onPick?.(hit));
  const moved = useEffectEvent((camera: CameraState) => props.onCamera?.(camera));
  const context = useEffectEvent((lost: boolean) => { if (lost) props.onUnavailable?.(); });
  const ready = useEffectEvent((made: Hall | null) => { props.onReady?.(made); });
  const missing = useEffectEvent(() => props.onUnavailable?.());

  useEffect(() => {
    let made: Hall | null = null;
    let unmounted = false;
    let hide: () => void = () => undefined;
    void Promise.all([import('./hall'), import('./markSvg')]).then(([engine, { markSvg }]) => {
      if (unmounted || !place.current) return;
      try {
        made = new engine.Hall(
          place.current,
          scene,
          { text: (text) => textIn(text, lang), onPick: (hit) => { picked(hit); }, onContext: (lost) => { context(lost); }, onCamera: (camera) => { moved(camera); } },
          markSvg,
        );
      } catch {
        missing();
        return;
      }
      hide = exposeHall(made);
      setHall(made);
      ready(made);
    }, () => { missing(); });
    return () => {
      unmounted = true;
      hide();
      made?.dispose();
      ready(null);
      setHall(null);
    };
  }, [scene, lang]);

  useEffect(() => {
    if (!hall) return;
    hall.canvas.setAttribute('role', 'application');
    hall.canvas.setAttribute('aria-label', label);
  }, [hall, label]);
  useEffect(() => { hall?.setBadges(badges); }, [hall, badges]);
  useEffect(() => { hall?.setStates(states); }, [hall, states]);
  useEffect(() => { hall?.setLayers(layers); }, [hall, layers]);
  useEffect(() => { hall?.setPins(pins); }, [hall, pins]);
  useEffect(() => { hall?.setTints(tints); }, [hall, tints]);
  useEffect(() => { hall?.setNotes(notes); }, [hall, notes]);
  useEffect(() => { hall?.setView(mode, floor); }, [hall, mode, floor]);
  useEffect(() => { hall?.setRoute(route, { start: t('route.start'), end: t('route.end') }); }, [hall, route, t]);
  useEffect(() => { if (hall && focus !== null) hall.flyTo(focus, focusSpanM); }, [hall, focus, focusSpanM, mode, floor]);
  const drawnTheme = useRef(theme);
  useEffect(() => {
    if (hall && drawnTheme.current !== theme) hall.retheme();
    drawnTheme.current = theme;
  }, [hall, theme]);

  return <div ref={place} className="hall-place" aria-busy={hall === null} />;
}
