/** Where I am signed in, and the end of it. */
import { useState } from 'react';
import { api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { useAnswer } from '@/shared/api/useAnswer';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useT } from '@/shared/i18n';

type Session = components['schemas']['OwnSessionOut'];

export function MineSessions() {
  const t = useT();
  const { data, error, again } = useAnswer<Session[]>('/sessions');
  const [problem, setProblem] = useState<unknown>(null);
  const end = (path: string) => { api.delete(path).then(again, setProblem); };
  const others = data?.filter((one) => !one.current) ?? [];
  return (
    <section className="card mine-part" aria-labelledby="mine-sessions">
      <h2 id="mine-sessions">{t('mine:sessions')}</h2>
      <ErrorNotice error={error} onRetry={again} />
      <ul className="plain go-rows">
        {data?.map((one) => (
          <li key={one.id} className="mine-row">
            <b>{one.current ? t('mine:here') : one.browser || t('mine:elsewhere')}</b>
            <span className="note">{one.address} · {new Date(one.last_used).toLocaleString('sv-SE')}</span>
            {!one.current && <Button kind="quiet" onClick={() => { end(`/sessions/${encodeURIComponent(one.id)}`); }}>{t('mine:end')}</Button>}
          </li>
        ))}
      </ul>
      {others.length > 1 && <Button kind="danger" onClick={() => { end('/sessions'); }}>{t('mine:endOthers')}</Button>}
      <ErrorNotice error={problem} />
    </section>
  );
}
