import { api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { useAnswer } from '@/shared/api/useAnswer';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useHallData } from '@/shared/console/data';
import { useT } from '@/shared/i18n';

type Session = components['schemas']['OwnSessionOut'];

/** Where a person is signed in, and an end to all of it. */
export function PeopleSessions({ path, busy, act }: { path: string; busy: boolean; act: (what: () => Promise<unknown>, words: string) => void }) {
  const t = useT();
  const { timezone } = useHallData();
  const { data, error, again } = useAnswer<Session[]>(`${path}/sessions`);
  const time = (iso: string) => new Date(iso).toLocaleString('sv-SE', { timeZone: timezone }).slice(0, 16);
  return (
    <section className="person-part">
      <h3>{t('people.sessions')}</h3>
      <ErrorNotice error={error} onRetry={again} />
      <ul className="plain">
        {(data ?? []).map((one) => (
          <li key={one.id}>{one.browser || '—'} <span className="mono">{one.address}</span> <span className="note">{t('people.sessionSince', { created: time(one.created), used: time(one.last_used) })}</span></li>
        ))}
        {data?.length === 0 && <li className="note">{t('people.sessionsNone')}</li>}
      </ul>
      {(data?.length ?? 0) > 0 && <Button disabled={busy} onClick={() => { act(async () => { await api.delete(`${path}/sessions`); again(); }, t('people.sessionsEnded')); }}>{t('people.sessionsEnd')}</Button>}
    </section>
  );
}
