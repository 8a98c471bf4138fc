/** One floor to work on: rooms, walls, doors and things from the draft's geometry; the pointer, or the arrow keys, point. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react';
import type { Polygon, Scene, XY } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { useT, useText } from '@/shared/i18n';
import { extent, spaceAt } from './geometry';

export interface Mark {
  id: string;
  at: XY;
  text: string;
  tone: 'must' | 'should' | 'hint';
  chosen: boolean;
}

interface View {
  left: number;
  top: number;
  /** Metres across. */
  width: number;
}

const LINK_KINDS = new Set(['stair', 'stair_lobby', 'lift', 'escalator', 'ramp']);
const ZOOM = 1.25;
const WIDTH_LEAST_M = 4;
const STEP_SHARE = 1 / 40;
const LABEL_PX = 11;
const DRAG_PX = 4;
/** A problem's number stands above the name of its room. */
const MARK_LIFT_PX = 19;

export const pointsOf = (ring: readonly XY[]) => ring.map(([x, y]) => `${String(x)},${String(-y)}`).join(' ');
const pathOf = ({ outer, holes }: Polygon) => [outer, ...holes].map((ring) => `M${ring.map(([x, y]) => `${String(x)} ${String(-y)}`).join('L')}Z`).join('');

export function PlanCanvas({ scene, floor, chosen, tinted, fresh, marks, hint, label, moves, onPoint, onHover, onMark, onMove, children }: {
  scene: Scene;
  floor: string;
  /** The entity whose card is open. */
  chosen: string | null;
  /** Rooms that are pointed at by the tool, or named by the chosen problem. */
  tinted: ReadonlySet<string>;
  /** What the draft adds or changes. */
  fresh: ReadonlySet<string>;
  marks: readonly Mark[];
  /** What a click would do: read out with the position when keys are used. */
  hint: string;
  label: string;
  /** Things can be dragged. */
  moves: boolean;
  onPoint: (at: XY, id: string | null) => void;
  onHover: (at: XY | null) => void;
  onMark: (id: string) => void;
  onMove: (id: string, at: XY) => void;
  /** What the tool draws over the plan; it is given the metres of one pixel. */
  children: (metresPerPx: number) => ReactNode;
}) {
  const t = useT();
  const text = useText();
  const svg = useRef<SVGSVGElement>(null);
  const [size, setSize] = useState<[number, number]>([800, 600]);
  const whole = useMemo(() => extent(scene, floor), [scene, floor]);
  const [aspect] = [size[1] / size[0]];
  const fit = useMemo((): View => {
    const width = Math.max(whole.width, whole.height / aspect);
    return { left: whole.left - (width - whole.width) / 2, top: whole.top + (width * aspect - whole.height) / 2, width };
  }, [whole, aspect]);
  const [moved, setMoved] = useState<{ floor: string; view: View } | null>(null);
  const view = moved?.floor === floor ? moved.view : fit;
  const setView = (next: View) => { setMoved({ floor, view: next }); };
  const perPx = view.width / size[0];
  const [cursor, setCursor] = useState<XY | null>(null);
  const drag = useRef<{ x: number; y: number; view: View; id: string | null; dragged: boolean } | null>(null);
  const [carried, setCarried] = useState<{ id: string; at: XY } | null>(null);

  useLayoutEffect(() => {
    const node = svg.current;
    if (!node) return;
    const watch = new ResizeObserver(([entry]) => { if (entry) setSize([Math.max(entry.contentRect.width, 1), Math.max(entry.contentRect.height, 1)]); });
    watch.observe(node);
    return () => { watch.disconnect(); };
  }, []);

  const zoomAt = (factor: number, at: XY) => {
    const width = Math.min(Math.max(view.width * factor, WIDTH_LEAST_M), fit.width * 2);
    const share = width / view.width;
    setView({ width, left: at[0] - (at[0] - view.left) * share, top: at[1] + (view.top - at[1]) * share });
  };
  const middle = (): XY => [view.left + view.width / 2, view.top - (view.width * aspect) / 2];
  const metres = (event: { clientX: number; clientY: number }): XY => {
    const box = svg.current?.getBoundingClientRect();
    return [view.left + (event.clientX - (box?.left ?? 0)) * perPx, view.top - (event.clientY - (box?.top ?? 0)) * perPx];
  };
  const zoomRef = useRef(zoomAt);
  const metresRef = useRef(metres);
  useEffect(() => {
    zoomRef.current = zoomAt;
    metresRef.current = metres;
  });
  useEffect(() => {
    const node = svg.current;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      zoomRef.current(event.deltaY > 0 ? ZOOM : 1 / ZOOM, metresRef.current(event));
    };
    node?.addEventListener('wheel', wheel, { passive: false });
    return () => { node?.removeEventListener('wheel', wheel); };
  }, []);

  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    const thing = (event.target as Element).closest<SVGElement>('[data-thing]')?.dataset.thing ?? null;
    drag.current = { x: event.clientX, y: event.clientY, view, id: moves && thing === chosen ? thing : null, dragged: false };
    setCursor(null);
  };
  const move = (event: PointerEvent) => {
    const held = drag.current;
    if (!held) {
      onHover(metres(event));
      return;
    }
    if (!held.dragged && Math.hypot(event.clientX - held.x, event.clientY - held.y) < DRAG_PX) return;
    if (!held.dragged) event.currentTarget.setPointerCapture(event.pointerId);
    held.dragged = true;
    if (held.id) setCarried({ id: held.id, at: metres(event) });
    else setView({ ...held.view, left: held.view.left - (event.clientX - held.x) * perPx, top: held.view.top + (event.clientY - held.y) * perPx });
  };
  const up = (event: PointerEvent) => {
    const held = drag.current;
    drag.current = null;
    setCarried(null);
    if (!held) return;
    const at = metres(event);
    if (held.dragged) {
      if (held.id) onMove(held.id, at);
      return;
    }
    const target = event.target as Element;
    const thing = target.closest<SVGElement>('[data-thing]')?.dataset.thing ?? null;
    onPoint(at, thing ?? spaceAt(scene, floor, at)?.id ?? null);
  };
  const key = (event: KeyboardEvent) => {
    const step = view.width * STEP_SHARE * (event.shiftKey ? 0.2 : 1);
    const [x, y] = cursor ?? middle();
    const steps: Record<string, XY> = { ArrowLeft: [x - step, y], ArrowRight: [x + step, y], ArrowUp: [x, y + step], ArrowDown: [x, y - step] };
    const next = steps[event.key];
    if (next) {
      event.preventDefault();
      setCursor(next);
      onHover(next);
    } else if (event.key === '+' || event.key === '=') zoomAt(1 / ZOOM, cursor ?? middle());
    else if (event.key === '-') zoomAt(ZOOM, cursor ?? middle());
    else if ((event.key === ' ' || event.key === 'Enter') && cursor && !event.defaultPrevented) {
      event.preventDefault();
      event.stopPropagation();
      onPoint(cursor, spaceAt(scene, floor, cursor)?.id ?? null);
    }
  };
  const under = cursor && spaceAt(scene, floor, cursor);
  return (
    <div className="map-canvas">
      <svg
        ref={svg} role="application" aria-label={label} tabIndex={0} viewBox={[view.left, -view.top, view.width, view.width * aspect].join(' ')} preserveAspectRatio="xMinYMin"
        onPointerDown={down} onPointerMove={move} onPointerUp={up} onPointerCancel={() => { drag.current = null; setCarried(null); }} onPointerLeave={() => { if (!drag.current) onHover(null); }} onKeyDown={key}
      >
        <Ground scene={scene} floor={floor} chosen={chosen} tinted={tinted} fresh={fresh} />
        <Labels scene={scene} floor={floor} perPx={perPx} />
        <Things scene={scene} floor={floor} chosen={chosen} fresh={fresh} carried={carried} perPx={perPx} />
        {children(perPx)}
        {marks.map((mark) => (
          <g key={mark.id} className="map-mark" data-tone={mark.tone} data-chosen={mark.chosen ? '' : undefined} transform={`translate(${String(mark.at[0])} ${String(-mark.at[1] - MARK_LIFT_PX * perPx)}) scale(${String(perPx)})`} onPointerDown={(event) => { event.stopPropagation(); }} onClick={() => { onMark(mark.id); }}>
            {mark.tone === 'must' ? <rect x="-11" y="-11" width="22" height="22" rx="3" /> : <circle r="11" />}
            <text y="4.5" textAnchor="middle">{mark.text}</text>
          </g>
        ))}
        {cursor && <path className="map-cursor" d="M-12 0H12M0 -12V12" transform={`translate(${String(cursor[0])} ${String(-cursor[1])}) scale(${String(perPx)})`} />}
      </svg>
      <p className="sr-only" aria-live="polite">{cursor ? `${under ? text(under.name) : t('map.noRoom')} ${cursor[0].toFixed(1)}, ${cursor[1].toFixed(1)} · ${hint}` : ''}</p>
      <div className="map-zoom">
        <Button icon="plus" aria-label={t('map.zoomIn')} onClick={() => { zoomAt(1 / ZOOM, middle()); }} />
        <Button icon="minus" aria-label={t('map.zoomOut')} onClick={() => { zoomAt(ZOOM, middle()); }} />
        <Button icon="fullscreen" aria-label={t('map.zoomAll')} onClick={() => { setMoved(null); }} />
      </div>
      <Scale perPx={perPx} />
    </div>
  );
}

function Ground({ scene, floor, chosen, tinted, fresh }: { scene: Scene; floor: string; chosen: string | null; tinted: ReadonlySet<string>; fresh: ReadonlySet<string> }) {
  const here = <T extends { floor: string }>(items: readonly T[]) => items.filter((item) => item.floor === floor);
  return (
    <>
      {scene.floors.filter((item) => item.id === floor).map((item) => item.outline.map((polygon, n) => <path key={n} className="map-outline" d={pathOf(polygon)} />))}
      {here(scene.spaces).map((space) => (
        <path
          key={space.id} className="map-space" data-kind={space.kind} data-access={space.access} data-walkable={space.walkable} data-chosen={space.id === chosen ? '' : undefined} data-tinted={tinted.has(space.id) ? '' : undefined}
          data-fresh={fresh.has(space.id) ? '' : undefined} data-link={LINK_KINDS.has(space.kind) ? '' : undefined} d={space.polygons.map(pathOf).join('')} fillRule="evenodd"
        />
      ))}
      {here(scene.furniture).map((piece) => <path key={piece.id} className="map-furniture" d={piece.polygons.map(pathOf).join('')} />)}
      <path className="map-wall" d={here(scene.walls).flatMap((wall) => wall.polygons.map(pathOf)).join('')} />
      {here(scene.openings).map((door) => {
        const [[x0, y0], [x1, y1]] = door.line;
        return <line key={door.id} className="map-door" data-thing={door.id} data-kind={door.kind} data-chosen={door.id === chosen ? '' : undefined} data-fresh={fresh.has(door.id) ? '' : undefined} x1={x0} y1={-y0} x2={x1} y2={-y1} />;
      })}
      {scene.links.flatMap((link) => link.paths.map((path, n) => (
        <polyline key={`${link.id}-${String(n)}`} className="map-link" data-thing={link.id} data-fresh={fresh.has(link.id) ? '' : undefined} points={link.stops.some((stop) => stop.floor === floor) ? pointsOf(path.map(([x, y]): XY => [x, y])) : ''} />
      )))}
    </>
  );
}

/** Names that fit their room at this zoom. */
function Labels({ scene, floor, perPx }: { scene: Scene; floor: string; perPx: number }) {
  const text = useText();
  return (
    <g className="map-labels" aria-hidden="true">
      {scene.spaces.filter((space) => space.floor === floor).map((space) => {
        const words = text(space.name) || space.number;
        const xs = space.polygons.flatMap((polygon) => polygon.outer.map(([x]) => x));
        const width = [...words].reduce((sum, char) => sum + ((char.codePointAt(0) ?? 0) > 0x2e80 ? 1 : 0.58), 0) * LABEL_PX * perPx;
        if (xs.length === 0 || width > Math.max(...xs) - Math.min(...xs)) return null;
        return <text key={space.id} x={space.label[0]} y={-space.label[1]} fontSize={LABEL_PX * perPx} textAnchor="middle" dominantBaseline="central">{words}</text>;
      })}
    </g>
  );
}

function Things({ scene, floor, chosen, fresh, carried, perPx }: { scene: Scene; floor: string; chosen: string | null; fresh: ReadonlySet<string>; carried: { id: string; at: XY } | null; perPx: number }) {
  const things = [
    ...scene.windows.map((item) => ({ id: item.id, floor: item.floor, at: item.at, kind: 'window', word: item.number })),
    ...scene.pois.map((item) => ({ id: item.id, floor: item.floor, at: item.at, kind: 'poi', word: '' })),
    ...(scene.devices ?? []).map((item) => ({ id: item.id, floor: item.floor, at: [item.at[0], item.at[1]] as XY, kind: 'device', word: '' })),
    ...scene.links.flatMap((item) => item.stops.map((stop) => ({ id: item.id, floor: stop.floor, at: stop.at, kind: 'link', word: '' }))),
  ].filter((thing) => thing.floor === floor);
  return (
    <>
      {things.map((thing, n) => {
        const at = carried?.id === thing.id ? carried.at : thing.at;
        return (
          <g key={`${thing.id}-${String(n)}`} className="map-thing" data-thing={thing.id} data-kind={thing.kind} data-chosen={thing.id === chosen ? '' : undefined} data-fresh={fresh.has(thing.id) ? '' : undefined} transform={`translate(${String(at[0])} ${String(-at[1])}) scale(${String(Math.min(perPx, 0.12))})`}>
            <circle r={thing.id === chosen ? 9 : thing.kind === 'device' ? 3.5 : 5} />
            {thing.word && perPx < 0.06 && <text y="-8" textAnchor="middle">{thing.word}</text>}
          </g>
        );
      })}
    </>
  );
}

const LENGTHS_M = [1, 2, 5, 10, 20, 50, 100];
function Scale({ perPx }: { perPx: number }) {
  const length = LENGTHS_M.find((m) => m / perPx > 40) ?? 200;
  return <p className="map-scale" aria-hidden="true"><span>0</span><i style={{ width: length / perPx }} /><span>{length} m</span></p>;
}
