/** A page asks to be signed in as me: who asks, from where, since when; then yes or no. */
import { useEffect, useState } from 'react';
import { api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { toast } from '@/shared/components/Toast';
import { useT } from '@/shared/i18n';
import { time } from './time';

type Asked = components['schemas']['PhoneRequestOut'];

export function Approve({ scan, onDone }: { scan: string; onDone: () => void }) {
  const t = useT();
  const [asked, setAsked] = useState<Asked | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => { api.post<Asked>('/session/qr/look', { scan }).then(setAsked, setError); }, [scan]);
  const answer = (confirm: boolean) => {
    api.post('/session/qr/answer', { scan, confirm }).then(() => { toast(t(confirm ? 'approve.done' : 'approve.refused'), 'ok'); onDone(); }, setError);
  };
  return (
    <section className="card" aria-labelledby="approve">
      <h2 id="approve">{t('approve.title')}</h2>
      <ErrorNotice error={error} />
      {asked && (
        <>
          <dl className="plain">
            <div><dt className="note">{t('approve.browser')}</dt><dd><strong>{asked.kiosk ? t('approve.kiosk') : asked.browser || '—'}</strong></dd></div>
            <div><dt className="note">{t('approve.address')}</dt><dd className="mono">{asked.address} {asked.near && <span className="note">{t('approve.near')}</span>}</dd></div>
            <div><dt className="note">{t('approve.since')}</dt><dd>{time(asked.since)}</dd></div>
          </dl>
          <p><strong>{t('approve.warning')}</strong></p>
          <div className="row wrap">
            <Button kind="primary" onClick={() => { answer(true); }}>{t('approve.yes')}</Button>
            <Button kind="danger" onClick={() => { answer(false); }}>{t('approve.no')}</Button>
          </div>
        </>
      )}
    </section>
  );
}
