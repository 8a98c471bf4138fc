/** One floor as a flat plan, from the same geometry: drawn by the server as SVG, with the devices laid over it. No WebGL. */
import { useEffect, useRef, useState, type CSSProperties, type MouseEvent } from 'react';
import type { Scene, SceneFloor } from '@/shared/api/types';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import type { MarkState } from '@/shared/components/marks';
import { StatusMark } from '@/shared/components/StatusMark';
import { useLang } from '@/shared/i18n';
import type { Badge, Hit } from './types';

interface Drawing {
  svg: SVGSVGElement;
  /** Where a point in metres lies on the sheet, in parts of its width and height. */
  at: (x: number, y: number) => [number, number];
  aspect: number;
}

/** Only drawing, no scripts: what the server sends is inlined, so that theme and text size apply to it. */
async function loadPlan(floor: SceneFloor, lang: string, signal: AbortSignal): Promise<Drawing> {
  const response = await fetch(`/api/v1/building/plan/${encodeURIComponent(floor.number)}.svg?lang=${lang}`, { signal });
  if (!response.ok) throw new Error(`${String(response.status)} ${response.statusText}`);
  const parsed = new DOMParser().parseFromString(await response.text(), 'image/svg+xml').documentElement;
  if (!(parsed instanceof SVGSVGElement)) throw new Error('not an SVG');
  for (const script of parsed.querySelectorAll('script, foreignObject')) script.remove();
  const [, , width = 1, height = 1] = (parsed.getAttribute('viewBox') ?? '').split(/[\s,]+/).map(Number);
  const { leftM, topM, unitsPerM } = Object.fromEntries(Object.entries(parsed.dataset).map(([key, value]) => [key, Number(value)]));
  const at = (x: number, y: number): [number, number] => [((x - (leftM ?? 0)) * (unitsPerM ?? 1)) / width, (((topM ?? 0) - y) * (unitsPerM ?? 1)) / height];
  parsed.removeAttribute('width');
  parsed.removeAttribute('height');
  return { svg: parsed, at, aspect: width / height };
}

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
  const lang = useLang();
  const place = useRef<HTMLDivElement>(null);
  const [drawing, setDrawing] = useState<Drawing | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    const stop = new AbortController();
    loadPlan(floor, lang, stop.signal).then(
      (next) => {
        setError(null);
        setDrawing(next);
      },
      (reason: unknown) => { if (!stop.signal.aborted) setError(reason); },
    );
    return () => { stop.abort(); };
  }, [floor, lang]);
  useEffect(() => {
    if (drawing && place.current) place.current.replaceChildren(drawing.svg);
  }, [drawing]);

  const shown = badges.filter((badge) => badge.floor === floor.id && (layers === null || layers.has(badge.layer) || states.has(badge.id)));
  const placed = (badge: Badge, { at }: Drawing) => {
    const [left, top] = at(badge.at[0], badge.at[1]);
    return { left: `${String(left * 100)}%`, top: `${String(top * 100)}%` };
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
        <div className="plan-sheet" style={{ '--aspect': String(drawing.aspect) } as CSSProperties}>
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
