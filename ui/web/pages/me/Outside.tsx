/** The account at an outside identity provider that one signs in with too: linked, and unlinked. */
import { useState } from 'react';
import { api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { useAnswer } from '@/shared/api/useAnswer';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useT } from '@/shared/i18n';
import { comeBackTo } from '@/shared/signin/next';
import { useGuarded } from './ShowAgain';
import { time } from './time';

type Link = components['schemas']['OutsideLinkOut'];
type Question = components['schemas']['OutsideQuestionOut'];

export function Outside() {
  const t = useT();
  const guarded = useGuarded();
  const { data, error, again } = useAnswer<Link>('/session/outside/link');
  const [problem, setProblem] = useState<unknown>(null);
  const link = () => {
    setProblem(null);
    guarded(() => api.post<Question>('/session/outside/link')).then((asked) => {
      if (!asked) return;
      comeBackTo('/me/');
      location.assign(asked.url);
    }, setProblem);
  };
  const unlink = () => {
    setProblem(null);
    guarded(() => api.delete('/session/outside/link')).then(again, setProblem);
  };
  if (data && data.name === null) return null;
  return (
    <section className="card" aria-labelledby="outside">
      <h2 id="outside">{data?.name ?? t('outside.title')}</h2>
      <ErrorNotice error={error ?? problem} onRetry={again} />
      {data && <p className="note">{data.since ? t('outside.since', { since: time(data.since) }) : t('outside.none')}</p>}
      {data && (data.since
        ? <><p className="note">{t('outside.unlinkNote')}</p><div><Button kind="danger" onClick={unlink}>{t('outside.unlink')}</Button></div></>
        : <div><Button icon="network" onClick={link}>{t('outside.link')}</Button></div>)}
    </section>
  );
}
