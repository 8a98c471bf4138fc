import type { Alarm } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import type { Priority } from '@/shared/components/marks';
import { StatusMark } from '@/shared/components/StatusMark';
import { useT, useText } from '@/shared/i18n';
import { useReplay } from '@/shared/live/hooks';
import { Since, useAlarmWords } from '@/shared/console/AlarmParts';

const PRIORITIES: readonly Priority[] = [1, 2, 3, 4];

/** Alarms come in the order to look at them. The sentence first, then the number. Quiet when nothing waits. */
export function Banner({ alarms, onShow, onHandle }: { alarms: readonly Alarm[]; onShow: (alarm: Alarm) => void; onHandle: (alarm: Alarm) => void }) {
  const t = useT();
  const text = useText();
  const words = useAlarmWords();
  const known = useReplay()?.known ?? true;
  const top = alarms[0];
  return (
    <section className="banner" aria-label={t('banner.label')} data-priority={top?.priority}>
      {!top && <p>{t(known ? 'banner.none' : 'time.unknown')}</p>}
      {top && (
        <>
          <ul className="row banner-counts">
            {PRIORITIES.map((priority) => ({ priority, n: alarms.filter((alarm) => alarm.priority === priority).length })).filter(({ n }) => n > 0).map(({ priority, n }) => (
              <li key={priority} className="row nb"><StatusMark state={priority} />{n} {t(`priority.${String(priority)}`)}</li>
            ))}
          </ul>
          <p className="banner-sentence"><b>{words(top).title} {top.cleared_ms === null ? <Since ms={top.raised_ms} /> : t('alarm.cleared')}</b>，{words(top).place}。{text(top.consequence)}</p>
          <Button onClick={() => { onShow(top); }}>{t('banner.only')}</Button>
          <Button kind={top.priority === 1 ? 'danger-fill' : 'plain'} onClick={() => { onHandle(top); }}>{t('banner.handle')}</Button>
        </>
      )}
    </section>
  );
}
