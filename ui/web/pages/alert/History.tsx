/** The newest alarms of all, ended ones too. Asked once; what happens after comes over the feed. */
import { useEffect, useMemo, useState } from 'react';
import { api } from '@/shared/api/client';
import type { Alarm } from '@/shared/api/types';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { StatusMark } from '@/shared/components/StatusMark';
import { useT } from '@/shared/i18n';
import { useAlarms, useLiveStore } from '@/shared/live/hooks';
import { useAlarmWords } from '@/shared/console/AlarmParts';
import { useNames } from '@/shared/console/names';
import { useClock } from './clock';

const SHOWN = 60;

export function History({ chosen, onChoose }: { chosen: string | null; onChoose: (id: string) => void }) {
  const t = useT();
  const clock = useClock();
  const words = useAlarmWords();
  const nameOf = useNames();
  const live = useAlarms();
  const store = useLiveStore();
  const [past, setPast] = useState<Alarm[]>([]);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => { api.get<Alarm[]>('/alarms', { state: 'all', limit: SHOWN }).then(setPast, setError); }, []);
  const all = useMemo(() => {
    const byId = new Map(past.map((alarm) => [alarm.id, alarm]));
    for (const alarm of live) byId.set(alarm.id, alarm);
    return [...byId.values()].sort((a, b) => b.raised_ms - a.raised_ms).slice(0, SHOWN);
  }, [past, live]);
  const open = (alarm: Alarm) => {
    store.noteAlarm(alarm); // an ended one may not be in the feed's picture
    onChoose(alarm.id);
  };
  return (
    <aside className="history" aria-label={t('history')}>
      <h2>{t('history')}</h2>
      <ErrorNotice error={error} />
      {all.length === 0 && <p className="note">{t('historyNone')}</p>}
      <ol>
        {all.map((alarm) => (
          <li key={alarm.id}>
            <button type="button" className="row-button" aria-current={alarm.id === chosen ? 'true' : undefined} onClick={() => { open(alarm); }}>
              <span className="note nb history-time">{clock(alarm.raised_ms)}</span>
              <StatusMark state={alarm.priority} size={18} />
              <span>{words(alarm).title}<br /><span className="note">{alarm.state === 'closed' ? t('alarm.closed') : alarm.acked_by ? t('alarm.acked', { who: nameOf(alarm.acked_by) }) : t('alarm.unacked')}</span></span>
            </button>
          </li>
        ))}
      </ol>
    </aside>
  );
}
