/** A floor's plan with the way on it: the server's drawing, and over it what is yours in jade. */
import { useEffect, useRef, useState } from 'react';
import type { Route, SceneFloor, XY } from '@/shared/api/types';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useLang, useT, useText } from '@/shared/i18n';
import { OUTSIDE, useKiosk } from '@/pages/kiosk/kiosk';
import { useAnswer, type Answer } from '@/pages/kiosk/useAnswer';
import { findHere, groundFloor, linesByFloor, partAround } from './kioskWay';

interface Drawing {
  svg: SVGSVGElement;
  leftM: number;
  topM: number;
  unitsPerM: number;
}

async function readPlan(floor: SceneFloor, lang: string, signal: AbortSignal): Promise<Drawing> {
  const response = await fetch(`/api/v1/building/plan/${encodeURIComponent(floor.number)}.svg?lang=${lang}`, { signal });
  if (!response.ok) throw new Error(`${String(response.status)} ${response.statusText}`);
  const svg = new DOMParser().parseFromString(await response.text(), 'image/svg+xml').documentElement;
  if (!(svg instanceof SVGSVGElement)) throw new Error('not an SVG');
  for (const active of svg.querySelectorAll('script, foreignObject')) active.remove();
  const { leftM, topM, unitsPerM } = svg.dataset;
  svg.removeAttribute('width');
  svg.removeAttribute('height');
  // One picture with one name, which the frame around it bears.
  for (const name of ['role', 'aria-labelledby']) svg.removeAttribute(name);
  svg.setAttribute('aria-hidden', 'true');
  return { svg, leftM: Number(leftM), topM: Number(topM), unitsPerM: Number(unitsPerM) };
}

const AIR_M = 1.5;
/** Around a way: enough to know the place again, near enough to read. */
const WAY_AIR_M = 7;
const WAY_LEAST_M = 26;

export function FloorPlan({ floor, lines = [], from = null, to = null, fromWord, label }: {
  floor: SceneFloor;
  lines?: readonly XY[][];
  /** You are here, and where you go: on this floor only. */
  from?: XY | null;
  to?: XY | null;
  /** What stands beside the start; "you are here" unless it is elsewhere. */
  fromWord?: string | undefined;
  label: string;
}) {
  const lang = useLang();
  const t = useT();
  const place = useRef<HTMLDivElement>(null);
  const [drawing, setDrawing] = useState<Drawing | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    const stop = new AbortController();
    readPlan(floor, lang, stop.signal).then(
      (told) => {
        setDrawing(told);
        setError(null);
      },
      (reason: unknown) => { if (!stop.signal.aborted) setError(reason); },
    );
    return () => { stop.abort(); };
  }, [floor, lang]);
  const points = lines.flat();
  const part = points.length > 0 ? partAround(points, WAY_AIR_M, WAY_LEAST_M) : partAround(floor.outline.flatMap((polygon) => polygon.outer), AIR_M, 0);
  const u = drawing?.unitsPerM ?? 1;
  const x = (m: number) => (m - (drawing?.leftM ?? 0)) * u;
  const y = (m: number) => ((drawing?.topM ?? 0) - m) * u;
  const box = `${String(x(part.left))} ${String(y(part.top))} ${String(part.width * u)} ${String(part.height * u)}`;
  useEffect(() => {
    if (!drawing || !place.current) return;
    drawing.svg.setAttribute('viewBox', box);
    place.current.replaceChildren(drawing.svg);
  }, [drawing, box]);
  const path = (line: readonly XY[]) => line.map(([px, py]) => `${String(x(px))},${String(y(py))}`).join(' ');
  return (
    <div className="kiosk-plan" role="img" aria-label={label}>
      <ErrorNotice error={error} />
      <div ref={place} />
      {drawing && (
        <svg viewBox={box} aria-hidden="true">
          {lines.map((line, index) => <polyline key={index} className="way-edge" points={path(line)} />)}
          {lines.map((line, index) => <polyline key={index} className="way-line" points={path(line)} />)}
          {to && <path className="way-goal" d={`M${String(x(to[0]))} ${String(y(to[1]))}m0 0l-26 -44a30 30 0 1 1 52 0z`} />}
          {from && (
            <>
              <circle className="way-here" cx={x(from[0])} cy={y(from[1])} r="22" />
              <circle className="way-here-dot" cx={x(from[0])} cy={y(from[1])} r="13" />
              <text className="way-here-word" x={x(from[0])} y={y(from[1]) + 66} textAnchor="middle">{fromWord ?? t('kioskWay:here')}</text>
            </>
          )}
        </svg>
      )}
    </div>
  );
}

export function useWay(to: string | null, profile: string): Answer<Route> {
  const { from } = useKiosk();
  return useAnswer<Route>(to === null ? null : '/routes', { from, to: to ?? '', profile });
}

/** A way's plans, one for each floor it crosses, in the order of walking; one is looked at. */
export interface Way {
  route: Route;
  lines: ReadonlyMap<string, XY[][]>;
  floors: readonly SceneFloor[];
  floor: SceneFloor | undefined;
  choose: (id: string) => void;
}

export function useWayPlan(route: Route | null): Way | null {
  const { scene } = useKiosk();
  const [chosen, setChosen] = useState<string | null>(null);
  if (!route) return null;
  const lines = linesByFloor(route.geometry, scene.floors);
  const floors = [...lines.keys()].map((id) => scene.floors.find((floor) => floor.id === id)).filter((floor) => floor !== undefined);
  return { route, lines, floors, floor: floors.find((one) => one.id === chosen) ?? floors[0], choose: setChosen };
}

export function WayMap({ way: { route, lines, floors, floor } }: { way: Way }) {
  const t = useT();
  const text = useText();
  const { from } = useKiosk();
  if (!floor) return null;
  const on = (point: Route['geometry'][number] | undefined, wanted: SceneFloor | undefined): XY | null => (point && wanted?.id === floor.id ? [point[0], point[1]] : null);
  return (
    <FloorPlan
      floor={floor} lines={lines.get(floor.id) ?? []} from={on(route.geometry[0], floors[0])} to={on(route.geometry.at(-1), floors.at(-1))} fromWord={from === OUTSIDE ? text(route.start.name) : undefined}
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
        <button key={one.id} type="button" className="big" aria-pressed={one.id === floor?.id} onClick={() => { choose(one.id); }}>{index + 1}. {text(one.name)}</button>
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
  return floor ? <FloorPlan floor={floor} from={here?.at ?? null} label={t('kioskWay:hereLabel', { floor: text(floor.name) })} /> : null;
}
