/** One point over the last half hour, with alarms on the line and gaps left open. The chart itself comes when first shown. */
import { useEffect, useRef, useState } from 'react';
import { api } from '@/shared/api/client';
import type { Alarm, KindPoint, SceneDevice } from '@/shared/api/types';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useT, useText } from '@/shared/i18n';
import { useNow } from '@/shared/live/hooks';
import { keyOf, useHallData } from './data';

const MINUTES = 30;
const RENEW_MS = 30_000;
/** A longer silence than this many times to live is a gap, never drawn through. */
const GAP_TTLS = 2;

export function Trend({ device, point, alarms, theme }: { device: Pick<SceneDevice, 'id'>; point: KindPoint; alarms: readonly Alarm[]; theme: string }) {
  const t = useT();
  const text = useText();
  const { timezone } = useHallData();
  const place = useRef<HTMLDivElement>(null);
  const [points, setPoints] = useState<[number, number][] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const round = Math.floor(useNow(RENEW_MS) / RENEW_MS);
  useEffect(() => {
    const stop = new AbortController();
    api.get<{ points: [number, number | string | boolean][] }>(`/devices/${encodeURIComponent(keyOf(device.id))}/history`, { point: point.name, minutes: MINUTES }, stop.signal).then(
      (answer) => {
        setError(null);
        setPoints(answer.points.filter((entry): entry is [number, number] => typeof entry[1] === 'number'));
      },
      (reason: unknown) => { if (!stop.signal.aborted) setError(reason); },
    );
    return () => { stop.abort(); };
  }, [device.id, point.name, round]);

  useEffect(() => {
    const element = place.current;
    if (!element || !points || points.length < 2) return;
    let destroy: () => void = () => undefined;
    let gone = false;
    void import('./chart').then(({ drawTrend }) => {
      if (!gone) destroy = drawTrend(element, withGaps(points, point.ttl_s * GAP_TTLS * 1_000), alarms, timezone);
    });
    return () => {
      gone = true;
      destroy();
    };
  }, [points, alarms, point.ttl_s, theme, timezone]);

  return (
    <figure className="trend">
      <figcaption>{text(point.label)} {point.unit && <span className="note">{point.unit}</span>}<span className="note trend-span">{t('minutes', { n: MINUTES })}</span></figcaption>
      <ErrorNotice error={error} />
      {points && points.length < 2 && <p className="note">{t('none')}</p>}
      <div ref={place} className="trend-chart" role="img" aria-label={trendWords(points, text(point.label), point.unit)} />
    </figure>
  );
}

export function withGaps(points: readonly [number, number][], gapMs: number): [number, number | null][] {
  return points.flatMap((entry, i) => {
    const before = points[i - 1];
    return before && entry[0] - before[0] > gapMs ? ([[before[0] + 1, null], entry] as [number, number | null][]) : [entry];
  });
}

function trendWords(points: readonly [number, number][] | null, label: string, unit: string | null): string {
  if (!points || points.length === 0) return label;
  const values = points.map((entry) => entry[1]);
  const last = values[values.length - 1] ?? 0;
  return `${label} ${String(Math.min(...values))}–${String(Math.max(...values))} ${unit ?? ''}, ${String(last)}`;
}
