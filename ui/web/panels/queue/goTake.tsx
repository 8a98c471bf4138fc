/** The one thing most people press next: take a ticket; and the way there. */
import { useState } from 'react';
import { hashOf, phone, useGo } from '@/pages/go/go';
import { GoActs } from '@/pages/go/GoActs';
import { ApiError, api } from '@/shared/api/client';
import type { Ticket } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { useLang, useT } from '@/shared/i18n';
import './goWords';

export function TakeTicket({ wish, serving, to }: { wish: { item: string } | { department: string }; serving: boolean; to: string }) {
  const t = useT();
  const lang = useLang();
  const { token, setToken, elder } = useGo();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const take = async () => {
    setBusy(true);
    setError(null);
    try {
      const ticket = await api.post<Ticket>('/queue/tickets', { ...wish, lang, profile: phone.profile() ?? (elder ? 'elder' : 'walk') }, { 'Idempotency-Key': phone.deviceKey() });
      setToken(ticket.token);
      location.hash = hashOf('ticket', ticket.token);
    } catch (reason) {
      setError(reason);
    } finally {
      setBusy(false);
    }
  };
  const holds = token !== null && error instanceof ApiError && error.status === 409;
  return (
    <>
      <ErrorNotice error={error} />
      {holds && <a className="btn go-wide" data-size="large" href={hashOf('ticket', token)}><Icon name="ticket" />{t('goQueue:mine')}</a>}
      {!serving && <p className="go-why"><Icon name="info" />{t('goQueue:noWindow')}</p>}
      <GoActs>
        <div className="go-acts">
          <a className="btn" data-size="large" href={hashOf('route', '', { to })}><Icon name="route" />{t('goQueue:way')}</a>
          <Button kind="primary" size="large" icon="ticket" disabled={busy} missing={serving ? undefined : t('goQueue:noWindow')} onClick={() => { void take(); }}>{t('goQueue:take')}</Button>
        </div>
      </GoActs>
    </>
  );
}
