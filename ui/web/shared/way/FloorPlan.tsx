/** A floor's plan with the way on it: the server's drawing, and over it what is yours, in jade. Its size is the page's affair. */
import { useEffect, useRef } from 'react';
import type { SceneFloor, XY } from '@/shared/api/types';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { usePlan } from './readPlan';
import { partAround } from './way';
import './plan.css';

const AIR_M = 1.5;
/** Around a way: enough to know the place again, near enough to read. */
const WAY_AIR_M = 6;
const WAY_LEAST_M = 24;
const numbers = (...values: number[]) => values.join(' ');

export function FloorPlan({ floor, lines = [], from = null, to = null, fromWord = '', label }: {
  floor: Pick<SceneFloor, 'number' | 'outline'>;
  lines?: readonly XY[][];
  /** Where the way begins and where it ends: on this floor only. */
  from?: XY | null;
  to?: XY | null;
  /** What stands below the beginning: you are here. */
  fromWord?: string;
  label: string;
}) {
  const place = useRef<HTMLDivElement>(null);
  const { drawing, error } = usePlan(floor);
  const points = lines.flat();
  const part = points.length > 0 ? partAround(points, WAY_AIR_M, WAY_LEAST_M) : partAround(floor.outline.flatMap((polygon) => polygon.outer), AIR_M, 0);
  const unit = drawing?.unitsPerM ?? 1;
  const at = ([x, y]: XY): XY => drawing?.at(x, y) ?? [x, y];
  const box = numbers(...at([part.left, part.top]), part.width * unit, part.height * unit);
  useEffect(() => {
    if (!drawing || !place.current) return;
    drawing.svg.setAttribute('viewBox', box);
    place.current.replaceChildren(drawing.svg);
  }, [drawing, box]);

  const drawn = lines.map((line) => line.map((point) => at(point).join(',')).join(' '));
  const start = from && at(from);
  const r = (Math.max(part.width, part.height) * unit) / 60;
  return (
    <div className="floor-plan" role="img" aria-label={label}>
      <ErrorNotice error={error} />
      <div ref={place} />
      {drawing && (
        <svg viewBox={box} aria-hidden="true">
          {drawn.map((line, n) => <polyline key={n} className="way-edge" points={line} strokeWidth={r * 1.7} />)}
          {drawn.map((line, n) => <polyline key={n} className="way-line" points={line} strokeWidth={r} />)}
          {to && <path className="way-to" d={`M${numbers(...at(to))}l${numbers(-r * 1.6, -r * 3)}a${numbers(r * 1.9, r * 1.9)} 0 1 1 ${numbers(r * 3.2, 0)}z`} strokeWidth={r * 0.3} />}
          {start && <circle className="way-from" cx={start[0]} cy={start[1]} r={r * 1.3} strokeWidth={r * 0.6} />}
          {start && fromWord && <text className="way-from-word" x={start[0]} y={start[1] + r * 4} fontSize={r * 2.2} strokeWidth={r * 0.6} textAnchor="middle">{fromWord}</text>}
        </svg>
      )}
    </div>
  );
}
