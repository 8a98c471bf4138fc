/** Where one is signed in, and an end to it. */
import { useState } from 'react';
import { api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { useAnswer } from '@/shared/api/useAnswer';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useT } from '@/shared/i18n';
import { useGuarded } from './ShowAgain';
import { time } from './time';

type Own = components['schemas']['OwnSessionOut'];

export function Sessions() {
  const t = useT();
  const { data, error, again } = useAnswer<Own[]>('/sessions');
  const [problem, setProblem] = useState<unknown>(null);
  const guarded = useGuarded();
  const end = (path: string) => {
    setProblem(null);
    guarded(() => api.delete(path)).then(again, setProblem);
  };
  return (
    <section className="card" aria-labelledby="sessions">
      <h2 id="sessions">{t('sessions.title')}</h2>
      <ErrorNotice error={error ?? problem} onRetry={again} />
      <ul>
        {(data ?? []).map((one) => (
          <li key={one.id}>
            <div>
              <strong>{one.browser || t('sessions.program')}</strong> <span className="mono">{one.address}</span>
              <p className="note">{t('sessions.since', { created: time(one.created), used: time(one.last_used), factor: one.factor ? t(`factors.${one.factor}`) : t('sessions.passwordOnly') })}</p>
            </div>
            {one.current ? <span className="note">{t('sessions.here')}</span> : <Button kind="quiet" onClick={() => { end(`/sessions/${encodeURIComponent(one.id)}`); }}>{t('sessions.end')}</Button>}
          </li>
        ))}
      </ul>
      {(data?.length ?? 0) > 1 && <div><Button kind="danger" onClick={() => { end('/sessions'); }}>{t('sessions.endOthers')}</Button></div>}
    </section>
  );
}
