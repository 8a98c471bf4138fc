/** The time line below the picture: any moment that was recorded is shown in the very same place as now. */
import { useEffect, useRef, useState } from 'react';
import { Choice } from '@/shared/aria/Choice';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { momentWords } from '@/shared/console/moment';
import { useHallData } from '@/shared/console/data';
import { useT, useText } from '@/shared/i18n';
import { useFeedProblem, useLiveState, useReplay, useTravel } from '@/shared/live/hooks';
import { ApiError } from '@/shared/api/client';
import { addressWith, momentInAddress } from './address';
import { useMarkWords, useRecorded } from './recorded';
import { lastBy, PRESETS, type Preset } from './scale';
import { Track } from './Track';
import { useSpan } from './useSpan';
import './time.css';

const SPEEDS = [1, 10, 60, 600];
/** How the hall answers a jump to the next event where there is none: no failure. */
const NOTHING_MORE = 404;
const SPEED_WORDS = new Intl.NumberFormat('en');

export function TimeBar({ preset, comparing, onPreset, onCompare }: {
  preset: Preset;
  comparing: boolean;
  onPreset: (preset: Preset) => void;
  onCompare: () => void;
}) {
  const t = useT();
  const text = useText();
  const words = useMarkWords();
  const { timezone } = useHallData();
  const { now, at, span } = useSpan(preset);
  const replay = useReplay();
  const travel = useTravel();
  const problem = useFeedProblem();
  const recorded = useRecorded(span.since, span.until);
  const go = (to: number | null) => {
    if (to === null) travel.toLive();
    else travel.to(to);
  };
  useMomentInAddress(at, now);
  const last = lastBy(recorded.marks, at ?? now);
  const toPrevious = () => {
    if (replay) travel.steer({ to: 'previous' });
    else if (last) travel.to(last.ts_ms);
  };
  return (
    <section className="time-bar" aria-label={t('time.label')} data-past={at === null ? undefined : ''}>
      <div className="time-play" role="group" aria-label={t('time.play')}>
        <Button icon="left" aria-label={t('time.previous')} title={t('time.previous')} missing={replay || last ? undefined : t('time.noPrevious')} onClick={toPrevious} />
        {replay?.paused
          ? <Button kind="primary" icon="play" aria-label={t('time.go')} title={t('time.go')} onClick={() => { travel.steer({ paused: false }); }} />
          : <Button icon="pause" aria-label={t('time.stop')} title={t('time.stop')} onClick={() => { if (replay) travel.steer({ paused: true }); else travel.to(Math.round(now)); }} />}
        <Button icon="right" aria-label={t('time.next')} title={t('time.next')} missing={replay ? undefined : t('time.noNext')} onClick={() => { travel.steer({ to: 'next' }); }} />
        <select
          className="input" aria-label={t('time.speed')} value={replay?.speed ?? 1} disabled={!replay}
          onChange={(event) => { travel.steer({ speed: Number(event.target.value) }); }}
        >
          {[...new Set([...SPEEDS, replay?.speed ?? 1])].map((speed) => <option key={speed} value={speed}>{SPEED_WORDS.format(speed)}×</option>)}
        </select>
      </div>
      <Track preset={preset} span={span} now={now} at={at} recorded={recorded.spans} marks={recorded.marks} onGo={go} />
      <p className="time-last note">
        {problem?.status === NOTHING_MORE && <b role="status">{text(problem.text)} </b>}
        {at !== null && replay?.known === false && <b>{t('time.unknown')} </b>}
        {last && <>{t('time.last')} {sinceWords(last.ts_ms, at ?? now, timezone)} {words(last)}</>}
        {recorded.more && <> {t('time.more')}</>}
      </p>
      <Choice label={t('time.presets')} options={PRESETS.map((id) => ({ id, title: t(`time.preset.${id}`) }))} chosen={preset} onChoose={onPreset} />
      <div className="time-acts">
        <Button kind="quiet" icon="contrast" aria-pressed={comparing} onClick={onCompare}>{t('time.compare')}</Button>
        <Button kind={at === null ? 'quiet' : 'primary'} icon="clock" missing={at === null ? t('time.isLive') : undefined} onClick={() => { travel.toLive(); }}>{t('time.toLive')}</Button>
      </div>
      <ErrorNotice error={problem && problem.status !== NOTHING_MORE ? new ApiError(problem) : recorded.error} />
    </section>
  );
}

/** Of the same day, the time alone. */
function sinceWords(ms: number, now: number, timezone: string): string {
  const [then, shown] = [momentWords(ms, timezone), momentWords(now, timezone)];
  return then.slice(0, 10) === shown.slice(0, 10) ? then.slice(11) : then;
}

/** The address names a moment: we go there once the hall has told what time it is now. Then it follows what is shown. */
function useMomentInAddress(at: number | null, now: number): void {
  const travel = useTravel();
  const state = useLiveState();
  const [asked] = useState(() => momentInAddress(location.search));
  const waits = useRef(asked !== null);
  useEffect(() => {
    if (waits.current) {
      if (state !== 'live') return;
      waits.current = false;
      if (asked !== null && asked < now) travel.to(asked);
      return;
    }
    const next = addressWith(location.href, at);
    if (next !== location.pathname + location.search + location.hash) history.replaceState(null, '', next);
  }, [asked, at, now, state, travel]);
}
