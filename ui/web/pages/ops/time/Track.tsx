/** The line itself: what was recorded (the rest is hatched), what happened, and the handle. */
import { useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { StatusMark } from '@/shared/components/StatusMark';
import { useHallData } from '@/shared/console/data';
import { momentWords } from '@/shared/console/moment';
import { useT } from '@/shared/i18n';
import { useMarkWords, type Mark } from './recorded';
import { clustersOf, keyMoment, leadOf, momentAt, type Preset, shareOf, type Span, ticksOf, unrecorded } from './scale';

/** While it is dragged, the picture follows this often. */
const FOLLOW_MS = 250;
const MARK_SHARE = 0.022;
const LONG = new Set<Preset>(['7d', '30d']);

export function Track({ preset, span, now, at, recorded, marks, onGo }: {
  preset: Preset;
  span: Span;
  now: number;
  at: number | null;
  recorded: readonly (readonly [number, number])[] | null;
  marks: readonly Mark[];
  onGo: (at: number | null) => void;
}) {
  const t = useT();
  const words = useMarkWords();
  const { timezone } = useHallData();
  const line = useRef<HTMLDivElement>(null);
  /** Where it was put, until the replay has come there. */
  const [put, setPut] = useState<{ at: number | null; over: number | null } | null>(null);
  const [dragged, setDragged] = useState(false);
  const followed = useRef(0);
  const shown = put && (dragged || put.over === at) ? put.at : at;

  const go = (to: number | null) => {
    setPut({ at: to, over: at });
    onGo(to);
  };
  const under = (event: PointerEvent): number | null => {
    const box = line.current?.getBoundingClientRect();
    return box ? momentAt((event.clientX - box.left) / box.width, span, now) : shown;
  };
  const drag = (event: PointerEvent) => {
    const to = under(event);
    const due = event.timeStamp - followed.current >= FOLLOW_MS;
    if (due) followed.current = event.timeStamp;
    // Into the past at once; back to now only when it is let go there.
    if (due && to !== null) onGo(to);
    setPut({ at: to, over: at });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const to = event.altKey || event.ctrlKey || event.metaKey ? undefined : keyMoment(event.key, preset, shown, span, now);
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  };
  const percent = (share: number) => `${(share * 100).toFixed(3)}%`;
  const place = (ms: number) => percent(shareOf(ms, span));
  const tickWords = (ms: number) => (LONG.has(preset) ? momentWords(ms, timezone).slice(5, 10) : momentWords(ms, timezone).slice(11, 16));
  return (
    <div
      className="time-track" ref={line}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setDragged(true);
        drag(event);
      }}
      onPointerMove={(event) => { if (dragged) drag(event); }}
      onPointerUp={(event) => {
        if (!dragged) return;
        setDragged(false);
        go(under(event));
        line.current?.querySelector<HTMLElement>('[role=slider]')?.focus();
      }}
      onPointerCancel={() => { setDragged(false); }}
    >
      <div className="time-line" aria-hidden="true">
        {recorded && unrecorded(recorded, span).map((gap) => (
          <i key={gap.since} className="time-gap" title={t('time.gap')} style={{ left: place(gap.since), width: percent(shareOf(gap.until, span) - shareOf(gap.since, span)) }} />
        ))}
        {shown !== null && <i className="time-after" style={{ left: place(shown) }} />}
      </div>
      <div className="time-ticks" aria-hidden="true">
        {ticksOf(preset, span, timezone).map((ms) => <span key={ms} style={{ left: place(ms) }}>{tickWords(ms)}</span>)}
      </div>
      <div className="time-marks" aria-hidden="true">
        {clustersOf(marks, span, MARK_SHARE).map((cluster) => {
          const lead = leadOf(cluster);
          return lead && (
            <span
              key={lead.ts_ms} className="time-mark" style={{ left: place(lead.ts_ms) }} data-what={lead.what}
              title={[`${momentWords(lead.ts_ms, timezone)} ${words(lead)}`, cluster.marks.length > 1 ? t('time.others', { n: cluster.marks.length - 1 }) : ''].filter(Boolean).join('\n')}
              onPointerDown={(event) => { event.stopPropagation(); }} onClick={() => { go(lead.ts_ms); }}
            >
              {cluster.priority === null ? <i /> : <StatusMark state={cluster.priority} size={18} />}
            </span>
          );
        })}
      </div>
      <div
        className="time-handle" role="slider" tabIndex={0} style={{ left: place(shown ?? now) }} data-past={shown === null ? undefined : ''}
        aria-label={t('time.handle')} aria-orientation="horizontal" aria-valuemin={Math.round(span.since / 1_000)} aria-valuemax={Math.round(span.until / 1_000)}
        aria-valuenow={Math.round(Math.min(span.until, Math.max(span.since, shown ?? now)) / 1_000)}
        aria-valuetext={shown === null ? t('time.valueNow', { at: momentWords(now, timezone) }) : momentWords(shown, timezone)}
        onKeyDown={onKeyDown}
      />
    </div>
  );
}
