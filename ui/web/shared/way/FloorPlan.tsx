/** A floor's plan with the way on it: the server's drawing, and over it what is yours, in jade. Its size is the page's affair. */
import { useEffect, useRef } from 'react';
import type { SceneFloor, XY } from '@/shared/api/types';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { usePlan } from './readPlan';
import { partAround, type Part } from './way';
import './plan.css';

const AIR_M = 1.5;
/** Around a way: enough to know the place again, near enough to read. */
const WAY_AIR_M = 6;
const WAY_LEAST_M = 24;
const numbers = (...values: number[]) => values.join(' ');

/** What stands at a place of the plan: where one takes the lift. */
export interface Bubble {
  at: XY;
  text: string;
}

export function FloorPlan({ floor, lines = [], now = [], from = null, to = null, fromWord = '', toWord = '', bubbles = [], part: wanted, label }: {
  floor: Pick<SceneFloor, 'number' | 'outline'>;
  lines?: readonly XY[][];
  /** The part of the way one is on. */
  now?: readonly XY[];
  /** Where the way begins and where it ends: on this floor only. */
  from?: XY | null;
  to?: XY | null;
  /** What stands below the beginning (you are here), and above the end. */
  fromWord?: string;
  toWord?: string;
  bubbles?: readonly Bubble[];
  /** What is shown; else the whole way on this floor, or the whole floor. */
  part?: Part | undefined;
  label: string;
}) {
  const place = useRef<HTMLDivElement>(null);
  const { drawing, error } = usePlan(floor);
  const points = lines.flat();
  const part = wanted ?? (points.length > 0 ? partAround(points, WAY_AIR_M, WAY_LEAST_M) : partAround(floor.outline.flatMap((polygon) => polygon.outer), AIR_M, 0));
  const unit = drawing?.unitsPerM ?? 1;
  const at = ([x, y]: XY): XY => drawing?.at(x, y) ?? [x, y];
  const box = numbers(...at([part.left, part.top]), part.width * unit, part.height * unit);
  useEffect(() => {
    if (!drawing || !place.current) return;
    drawing.svg.setAttribute('viewBox', box);
    place.current.replaceChildren(drawing.svg);
  }, [drawing, box]);

  const drawn = [...lines, ...(now.length > 1 ? [now] : [])].map((line) => line.map((point) => at(point).join(',')).join(' '));
  const ways = drawn.slice(0, lines.length);
  const start = from && at(from);
  const end = to && at(to);
  const r = (Math.max(part.width, part.height) * unit) / 60;
  return (
    <div className="floor-plan" role="img" aria-label={label}>
      <ErrorNotice error={error} />
      <div ref={place} />
      {drawing && (
        <svg viewBox={box} aria-hidden="true">
          {ways.map((line, n) => <polyline key={n} className="way-edge" points={line} strokeWidth={r * 1.7} />)}
          {ways.map((line, n) => <polyline key={n} className="way-line" points={line} strokeWidth={r} />)}
          {drawn.slice(lines.length).map((line) => (
            <g key="now">
              <polyline className="way-edge" points={line} strokeWidth={r * 2.1} />
              <polyline className="way-line" points={line} strokeWidth={r * 1.5} />
              <polyline className="way-dots" points={line} strokeWidth={r * 0.5} strokeDasharray={`0 ${String(r * 2)}`} />
            </g>
          ))}
          {end && <path className="way-to" d={`M${numbers(...end)}l${numbers(-r * 1.6, -r * 3)}a${numbers(r * 1.9, r * 1.9)} 0 1 1 ${numbers(r * 3.2, 0)}z`} strokeWidth={r * 0.3} />}
          {end && toWord && <text className="way-word" x={end[0]} y={end[1] + r * 3.2} fontSize={r * 2.4} strokeWidth={r * 0.7} textAnchor="middle">{toWord}</text>}
          {start && <circle className="way-from" cx={start[0]} cy={start[1]} r={r * 1.3} strokeWidth={r * 0.6} />}
          {start && fromWord && <text className="way-word" x={start[0]} y={start[1] + r * 4} fontSize={r * 2.2} strokeWidth={r * 0.6} textAnchor="middle">{fromWord}</text>}
          {bubbles.map(({ at: spot, text }) => <BubbleMark key={text + spot.join()} at={at(spot)} text={text} r={r} within={[at([part.left, part.top])[0], at([part.left + part.width, part.top])[0]]} />)}
        </svg>
      )}
    </div>
  );
}

/** Of a Chinese character's width. */
const NARROW = 0.58;

function BubbleMark({ at: [x, y], text, r, within: [left, right] }: { at: XY; text: string; r: number; within: XY }) {
  const size = r * 2.4;
  const chars = [...text].reduce((sum, char) => sum + ((char.codePointAt(0) ?? 0) > 0x2e80 ? 1 : NARROW), 0);
  const width = (chars + 1.4) * size;
  const height = size * 1.9;
  const tail = r * 1.4;
  const top = y - tail - height;
  // Words that would be cut off move in; the tail stays at the place.
  const middle = Math.min(Math.max(x, left + width / 2), right - width / 2);
  return (
    <g>
      <circle className="way-from" cx={x} cy={y} r={r * 0.9} strokeWidth={r * 0.5} />
      <path className="way-bubble" d={`M${numbers(x, y - r)}l${numbers(-tail * 0.8, -tail * 0.8)}h${numbers(tail * 1.6)}z`} />
      <rect className="way-bubble" x={middle - width / 2} y={top} width={width} height={height} rx={r * 0.8} strokeWidth={r * 0.35} />
      <text className="way-bubble-word" x={middle} y={top + height / 2} fontSize={size} textAnchor="middle" dominantBaseline="central">{text}</text>
    </g>
  );
}
