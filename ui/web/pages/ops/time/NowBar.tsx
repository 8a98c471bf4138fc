/** Who looks back still sees what is urgent now: the alarms of the live feed, and nothing else of it. */
import { toLogin } from '@/shared/api/client';
import type { Alarm } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { StatusMark } from '@/shared/components/StatusMark';
import { isUnacknowledged, useAlarmWords } from '@/shared/console/AlarmParts';
import { useHallData } from '@/shared/console/data';
import { momentWords } from '@/shared/console/moment';
import { useT } from '@/shared/i18n';
import { LiveProvider, useAlarms, useReplay, useTravel } from '@/shared/live/hooks';

const URGENT = 1;

/** `onBack`: back to now, to this one. */
export function NowBar({ onBack }: { onBack: (alarm: Alarm) => void }) {
  const past = useReplay() !== null;
  const travel = useTravel();
  if (!past) return null;
  const back = (alarm: Alarm) => {
    travel.toLive();
    onBack(alarm);
  };
  return <LiveProvider view="alarms" transport="socket" onRefused={toLogin}><Urgent onBack={back} /></LiveProvider>;
}

function Urgent({ onBack }: { onBack: (alarm: Alarm) => void }) {
  const t = useT();
  const words = useAlarmWords();
  const { timezone } = useHallData();
  const urgent = useAlarms().filter((alarm) => alarm.priority === URGENT && isUnacknowledged(alarm));
  const [top] = urgent; // the newest
  // Always there, so that what comes into it is read out; no age, which would be read out every second.
  return (
    <div className="now-bar" role="alert">
      {top && (
        <>
          <StatusMark state={URGENT} />
          <p>
            <b>{t(top.cleared_ms === null ? 'time.nowAlarm' : 'time.nowAlarmCleared', { what: [words(top).title, words(top).place].filter(Boolean).join(' · '), at: momentWords(top.raised_ms, timezone).slice(11) })}</b>
            {urgent.length > 1 && <> {t('time.nowMore', { n: urgent.length - 1 })}</>}
          </p>
          <Button kind="danger-fill" icon="clock" onClick={() => { onBack(top); }}>{t('time.toLive')}</Button>
        </>
      )}
    </div>
  );
}
