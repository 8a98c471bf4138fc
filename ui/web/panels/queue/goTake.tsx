/** The one thing most people press next: take a ticket for this item. */
import { useState } from 'react';
import { hashOf, phone, useGo } from '@/pages/go/go';
import { api } from '@/shared/api/client';
import type { ItemDetail, Ticket } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { addWords, useLang, useT } from '@/shared/i18n';
import en from './go.en.json';
import zh from './go.zh.json';

addWords('goQueue', { zh, en });

export function TakeTicket({ item }: { item: ItemDetail }) {
  const t = useT();
  const lang = useLang();
  const { setToken, elder } = useGo();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const serving = item.open_windows.length > 0;
  const take = async () => {
    setBusy(true);
    setError(null);
    try {
      const wish = { item: item.code, lang, profile: elder ? 'elder' : 'walk' };
      const ticket = await api.post<Ticket>('/queue/tickets', wish, { 'Idempotency-Key': phone.deviceKey() });
      setToken(ticket.token);
      location.hash = hashOf('ticket', ticket.token);
    } catch (reason) {
      setError(reason);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="go-take">
      <ErrorNotice error={error} />
      <Button kind="primary" size="large" icon="ticket" disabled={busy} missing={serving ? undefined : t('goQueue:noWindow')} onClick={() => { void take(); }}>{t('goQueue:take')}</Button>
      {!serving && <p className="note">{t('goQueue:noWindow')}</p>}
      <a className="btn" data-size="large" href={hashOf('route', '', { to: `item:${item.code}`, from: phone.place() })}><Icon name="route" />{t('goQueue:way')}</a>
    </div>
  );
}
