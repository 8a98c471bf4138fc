/** One point over a time, with alarms on the line; what was not recorded is left open. The chart itself comes when first shown. */
import { useEffect, useMemo, useRef, useState } from 'react';
import { api } from '@/shared/api/client';
import type { Alarm, KindPoint, SceneDevice } from '@/shared/api/types';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useT, useText } from '@/shared/i18n';
import { useNow } from '@/shared/live/hooks';
import { durationWords } from './AlarmParts';
import { useHallData } from './data';
import { lineOf, rangeOf, type Past } from './line';

const MINUTE_MS = 60_000;
const USUAL_MS = 30 * MINUTE_MS;
const RENEW_MS = 30_000;
const POINTS_MAX = 500;

export interface TrendTime {
  since: number;
  until: number;
  /** The moment that is shown, if it is not now: an upright line. */
  at: number | null;
}

/** Without a time of its own: the last half hour. */
export function Trend({ device, point, alarms, theme, time }: { device: Pick<SceneDevice, 'id'>; point: KindPoint; alarms: readonly Alarm[]; theme: string; time?: TrendTime }) {
  const t = useT();
  const text = useText();
  const { timezone } = useHallData();
  const place = useRef<HTMLDivElement>(null);
  const [told, setTold] = useState<Past | null>(null);
  const [error, setError] = useState<unknown>(null);
  const now = useNow(RENEW_MS);
  const until = Math.ceil((time?.until ?? now) / RENEW_MS) * RENEW_MS;
  const span = time ? time.until - time.since : USUAL_MS;
  const since = until - span;
  // As fine as the eye can see: the chart is not drawn anew for less.
  const cursor = time === undefined || time.at === null ? null : Math.round(time.at / (span / POINTS_MAX)) * (span / POINTS_MAX);
  useEffect(() => {
    const stop = new AbortController();
    api.get<Past>('/history/trend', { entity: device.id, point: point.name, since, until, points: POINTS_MAX }, stop.signal).then(
      (answer) => {
        setError(null);
        setTold(answer);
      },
      (reason: unknown) => { if (!stop.signal.aborted) setError(reason); },
    );
    return () => { stop.abort(); };
  }, [device.id, point.name, since, until]);

  const line = useMemo(() => (told ? lineOf(told, point) : null), [told, point]);
  const values = line?.flatMap(([, value]) => (value === null ? [] : [value])) ?? [];
  const few = line !== null && values.length < 2;
  useEffect(() => {
    const element = place.current;
    if (!element || !line || few) return;
    let destroy: () => void = () => undefined;
    let gone = false;
    void import('./chart').then(({ drawTrend }) => {
      if (!gone) destroy = drawTrend(element, { line, range: rangeOf(line, point), since, until, cursor }, alarms, timezone);
    });
    return () => {
      gone = true;
      destroy();
    };
  }, [line, few, point, since, until, cursor, alarms, theme, timezone]);

  return (
    <figure className="trend">
      <figcaption>{text(point.label)} {point.unit && <span className="note">{point.unit}</span>}<span className="note trend-span">{durationWords(span, t)}</span></figcaption>
      <ErrorNotice error={error} />
      {few && <p className="note">{t('none')}</p>}
      <div ref={place} className="trend-chart" role="img" aria-label={trendWords(values, text(point.label), point.unit)} />
    </figure>
  );
}

function trendWords(values: readonly number[], label: string, unit: string | null): string {
  const last = values[values.length - 1];
  return last === undefined ? label : `${label} ${String(Math.min(...values))}–${String(Math.max(...values))} ${unit ?? ''}, ${String(last)}`;
}
