/** One floor as a flat plan, from the same geometry: drawn by the server as SVG, with the devices laid over it. No WebGL. */
import { useEffect, useRef, type CSSProperties, type MouseEvent } from 'react';
import type { Scene, SceneFloor } from '@/shared/api/types';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import type { MarkState } from '@/shared/components/marks';
import { StatusMark } from '@/shared/components/StatusMark';
import { usePlan, type Drawing } from '@/shared/way/readPlan';
import type { Badge, Hit } from './types';

export function PlanView({ floor, badges, states, layers, chosen, label, onPick }: {
  floor: SceneFloor;
  scene: Scene;
  badges: readonly Badge[];
  states: ReadonlyMap<string, MarkState>;
  layers: ReadonlySet<string> | null;
  chosen: string | null;
  label: string;
  onPick: (hit: Hit | null) => void;
}) {
  const place = useRef<HTMLDivElement>(null);
  const { drawing, error } = usePlan(floor);
  useEffect(() => {
    if (drawing && place.current) place.current.replaceChildren(drawing.svg);
  }, [drawing]);

  const shown = badges.filter((badge) => badge.floor === floor.id && (layers === null || layers.has(badge.layer) || states.has(badge.id)));
  const placed = (badge: Badge, { at, width, height }: Drawing) => {
    const [x, y] = at(badge.at[0], badge.at[1]);
    return { left: `${String((x / width) * 100)}%`, top: `${String((y / height) * 100)}%` };
  };
  /** Rooms carry their id on the drawing. */
  const pickRoom = (event: MouseEvent) => {
    const id = (event.target as Element).closest<SVGElement>('[data-id]')?.dataset.id;
    onPick(id === undefined ? null : { id, kind: id.includes(':window:') ? 'window' : 'space', floor: floor.id });
  };
  return (
    <div className="plan-view" role="group" aria-label={label}>
      <ErrorNotice error={error} />
      {drawing && (
        <div className="plan-sheet" style={{ '--aspect': String(drawing.width / drawing.height) } as CSSProperties}>
          <div ref={place} className="plan-drawing" onClick={pickRoom} />
          {shown.map((badge) => {
            const state = states.get(badge.id);
            return (
              <button
                key={badge.id} type="button" className="plan-badge" data-dense={badge.dense && state === undefined ? '' : undefined} data-chosen={badge.id === chosen ? '' : undefined} style={placed(badge, drawing)}
                tabIndex={-1} aria-hidden="true" onClick={() => { onPick({ id: badge.id, kind: 'device', floor: floor.id }); }}
              >
                {state === undefined ? <Icon name={badge.icon} size={14} /> : <StatusMark state={state} size={18} />}
              </button>
            );
          })}
        </div>
      )}
    </div>
  );
}
