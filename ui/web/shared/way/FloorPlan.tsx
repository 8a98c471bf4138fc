/** A floor's plan with the way on it: the server's drawing, and over it what is yours, in jade. */
import { useEffect, useRef, useState } from 'react';
import type { SceneFloor, XY } from '@/shared/api/types';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useLang } from '@/shared/i18n';
import { partAround } from './way';
import './plan.css';

interface Drawing {
  svg: SVGSVGElement;
  leftM: number;
  topM: number;
  unitsPerM: number;
}

async function readPlan(floor: string, lang: string, signal: AbortSignal): Promise<Drawing> {
  const response = await fetch(`/api/v1/building/plan/${encodeURIComponent(floor)}.svg?lang=${lang}`, { signal });
  if (!response.ok) throw new Error(`${String(response.status)} ${response.statusText}`);
  const svg = new DOMParser().parseFromString(await response.text(), 'image/svg+xml').documentElement;
  if (!(svg instanceof SVGSVGElement)) throw new Error('not an SVG');
  for (const active of svg.querySelectorAll('script, foreignObject')) active.remove();
  for (const name of ['width', 'height', 'role', 'aria-labelledby']) svg.removeAttribute(name);
  svg.setAttribute('aria-hidden', 'true');
  const { leftM, topM, unitsPerM } = svg.dataset;
  return { svg, leftM: Number(leftM), topM: Number(topM), unitsPerM: Number(unitsPerM) };
}

const AIR_M = 1.5;
/** Around a way: enough to know the place again, near enough to read. */
const WAY_AIR_M = 6;
const WAY_LEAST_M = 24;

export function FloorPlan({ floor, lines, from, to, label }: {
  floor: Pick<SceneFloor, 'number' | 'outline'>;
  lines: readonly XY[][];
  from: XY | null;
  to: XY | null;
  label: string;
}) {
  const lang = useLang();
  const place = useRef<HTMLDivElement>(null);
  const [drawing, setDrawing] = useState<Drawing | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    const stop = new AbortController();
    readPlan(floor.number, lang, stop.signal).then(
      (told) => {
        setDrawing(told);
        setError(null);
      },
      (reason: unknown) => { if (!stop.signal.aborted) setError(reason); },
    );
    return () => { stop.abort(); };
  }, [floor.number, lang]);

  const points = lines.flat();
  const part = points.length > 0 ? partAround(points, WAY_AIR_M, WAY_LEAST_M) : partAround(floor.outline.flatMap((polygon) => polygon.outer), AIR_M, 0);
  const unit = drawing?.unitsPerM ?? 1;
  const x = (m: number) => (m - (drawing?.leftM ?? 0)) * unit;
  const y = (m: number) => ((drawing?.topM ?? 0) - m) * unit;
  const box = [x(part.left), y(part.top), part.width * unit, part.height * unit].join(' ');
  useEffect(() => {
    if (!drawing || !place.current) return;
    drawing.svg.setAttribute('viewBox', box);
    place.current.replaceChildren(drawing.svg);
  }, [drawing, box]);

  const path = (line: readonly XY[]) => line.map(([px, py]) => `${String(x(px))},${String(y(py))}`).join(' ');
  const r = (part.width * unit) / 60;
  return (
    <div className="floor-plan" role="img" aria-label={label}>
      <ErrorNotice error={error} />
      <div ref={place} />
      {drawing && (
        <svg viewBox={box} aria-hidden="true">
          {lines.map((line, n) => <polyline key={n} className="way-edge" points={path(line)} strokeWidth={r * 1.7} />)}
          {lines.map((line, n) => <polyline key={n} className="way-line" points={path(line)} strokeWidth={r} />)}
          {from && <circle className="way-from" cx={x(from[0])} cy={y(from[1])} r={r * 1.3} strokeWidth={r * 0.6} />}
          {to && <path className="way-to" d={`M${String(x(to[0]))} ${String(y(to[1]))}l${String(-r * 1.6)} ${String(-r * 3)}a${String(r * 1.9)} ${String(r * 1.9)} 0 1 1 ${String(r * 3.2)} 0z`} />}
        </svg>
      )}
    </div>
  );
}
