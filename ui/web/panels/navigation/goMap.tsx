/** The plan on a phone: it shows the step one is on; a finger moves it, two come nearer, and so do buttons. */
import { useRef, useState, type PointerEvent } from 'react';
import type { XY } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { useT } from '@/shared/i18n';
import { FloorPlan, type Bubble } from '@/shared/way/FloorPlan';
import type { Way } from '@/shared/way/useWay';
import { partAround, type Part } from '@/shared/way/way';
import { moved, partOfLeg, STILL, zoomed, type Moved } from './goView';

const AIR_M = 5;
const LEAST_M = 22;
const STEP = 1.5;

export function GoMap({ way, leg, bubbles, fromWord, toWord, label }: {
  way: Way;
  /** Where one is; none: the whole way on this floor. */
  leg: readonly XY[];
  bubbles: readonly Bubble[];
  fromWord: string;
  toWord: string;
  label: string;
}) {
  const t = useT();
  const [by, setBy] = useState<Moved>(STILL);
  const shown: Part = partOfLeg(leg) ?? partAround(way.lines.flat(), AIR_M, LEAST_M);
  const frame = useRef<HTMLDivElement>(null);
  const fingers = usePan(frame, moved(shown, by), setBy);
  return (
    <div className="go-map">
      <div ref={frame} className="go-map-frame" {...fingers}>
        <FloorPlan floor={way.floor} lines={way.lines} now={leg} from={way.from} to={way.to} fromWord={fromWord} toWord={toWord} bubbles={bubbles} part={moved(shown, by)} label={label} />
      </div>
      <div className="go-zoom" role="group" aria-label={t('goWay:map')}>
        <Button icon="plus" aria-label={t('goWay:nearer')} onClick={() => { setBy(zoomed(by, STEP)); }} />
        <Button icon="minus" aria-label={t('goWay:farther')} onClick={() => { setBy(zoomed(by, 1 / STEP)); }} />
      </div>
    </div>
  );
}

/** One finger moves, two zoom. */
function usePan(frame: { readonly current: HTMLDivElement | null }, part: Part, setBy: (change: (by: Moved) => Moved) => void) {
  const touching = useRef(new Map<number, XY>());
  const spread = () => {
    const [a, b] = [...touching.current.values()];
    return a && b ? Math.hypot(a[0] - b[0], a[1] - b[1]) : 0;
  };
  const end = (event: PointerEvent) => { touching.current.delete(event.pointerId); };
  return {
    onPointerDown: (event: PointerEvent) => { touching.current.set(event.pointerId, [event.clientX, event.clientY]); },
    onPointerMove: (event: PointerEvent) => {
      const before = touching.current.get(event.pointerId);
      const size = frame.current?.getBoundingClientRect();
      if (!before || !size) return;
      const wide = spread();
      touching.current.set(event.pointerId, [event.clientX, event.clientY]);
      if (touching.current.size > 1) {
        if (wide > 0) setBy((by) => zoomed(by, spread() / wide));
        return;
      }
      const mPerPx = Math.max(part.width / size.width, part.height / size.height);
      setBy((by) => ({ ...by, x_m: by.x_m - (event.clientX - before[0]) * mPerPx, y_m: by.y_m + (event.clientY - before[1]) * mPerPx }));
    },
    onPointerUp: end,
    onPointerCancel: end,
    onPointerLeave: end,
  };
}
