/** The server's drawing of a floor, inlined so that theme and text size apply to it, and how metres lie on it. */
import { useEffect, useState } from 'react';
import type { SceneFloor } from '@/shared/api/types';
import { useLang } from '@/shared/i18n';
import { useBuildingVersion } from '@/shared/live/hooks';

export interface Drawing {
  svg: SVGSVGElement;
  width: number;
  height: number;
  unitsPerM: number;
  /** Where a point in metres lies on the sheet, in its own units. */
  at: (x: number, y: number) => [number, number];
}

/** Taken out before the drawing is parsed: even a document nobody shows may hold no style of its own. */
const STYLE = /<style>([^<]*)<\/style>/g;
const adopted = new Set<string>();

/** A sheet made by code: the pages allow no style that is written into them. */
function adopt(css: string): void {
  if (adopted.has(css)) return;
  adopted.add(css);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets.push(sheet);
}

/** Only drawing, no scripts; its name is borne by what it stands in. */
async function readPlan(floor: string, lang: string, signal: AbortSignal): Promise<Drawing> {
  const response = await fetch(`/api/v1/building/plan/${encodeURIComponent(floor)}.svg?lang=${lang}`, { signal });
  if (!response.ok) throw new Error(`${String(response.status)} ${response.statusText}`);
  const drawn = (await response.text()).replace(STYLE, (_, css: string) => { adopt(css); return ''; });
  const svg = new DOMParser().parseFromString(drawn, 'image/svg+xml').documentElement;
  if (!(svg instanceof SVGSVGElement)) throw new Error('not an SVG');
  for (const active of svg.querySelectorAll('script, style, foreignObject')) active.remove();
  const [, , width = 1, height = 1] = (svg.getAttribute('viewBox') ?? '').split(/[\s,]+/).map(Number);
  const [leftM, topM, unitsPerM] = [Number(svg.dataset.leftM), Number(svg.dataset.topM), Number(svg.dataset.unitsPerM)];
  for (const name of ['width', 'height', 'role', 'aria-labelledby']) svg.removeAttribute(name);
  svg.setAttribute('aria-hidden', 'true');
  return { svg, width, height, unitsPerM, at: (x, y) => [(x - leftM) * unitsPerM, (topM - y) * unitsPerM] };
}

/** The old drawing stays until the next one is there. */
export function usePlan({ number }: Pick<SceneFloor, 'number'>): { drawing: Drawing | null; error: unknown } {
  const lang = useLang();
  const version = useBuildingVersion();
  const [told, setTold] = useState<{ drawing: Drawing | null; error: unknown }>({ drawing: null, error: null });
  useEffect(() => {
    const stop = new AbortController();
    readPlan(number, lang, stop.signal).then(
      (drawing) => { setTold({ drawing, error: null }); },
      (error: unknown) => { if (!stop.signal.aborted) setTold({ drawing: null, error }); },
    );
    return () => { stop.abort(); };
  }, [number, lang, version]);
  return told;
}
