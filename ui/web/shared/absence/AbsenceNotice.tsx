/** One line above a staff page while the database is away or is being brought up to date: the hall goes on meanwhile. */
import { useEffect } from 'react';
import type { components } from '@/shared/api/schema';
import { useAnswer } from '@/shared/api/useAnswer';
import { useLang, useT } from '@/shared/i18n';
import './absence.css';

const EVERY_MS = 3_000;

export function AbsenceNotice() {
  const t = useT();
  const lang = useLang();
  const { data, again } = useAnswer<components['schemas']['DatabaseOut']>('/health/database');
  useEffect(() => {
    const timer = setInterval(again, EVERY_MS);
    return () => { clearInterval(timer); };
  }, [again]);
  const shown = data !== null && (data.away_since_ms !== null || data.readings + data.jobs > 0);
  useEffect(() => {
    document.documentElement.toggleAttribute('data-absence', shown);
  }, [shown]);
  if (!shown) return null;
  const clock = new Intl.DateTimeFormat(lang === 'zh' ? 'zh-CN' : 'en-GB', { hour: '2-digit', minute: '2-digit', hour12: false });
  const waiting = { readings: data.readings.toLocaleString(lang), jobs: data.jobs.toLocaleString(lang) };
  return (
    <aside className="absence" role="status" aria-label={t('absence.label')}>
      <b>{data.away_since_ms === null ? t('absence.back', waiting) : t('absence.away', { ...waiting, since: clock.format(data.away_since_ms) })}</b>
      <span>{data.shed > 0 ? t('absence.shed', { n: data.shed.toLocaleString(lang) }) : t('absence.safe')}</span>
    </aside>
  );
}
