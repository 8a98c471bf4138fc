/** A code that one types at a kiosk of the hall: it is signed in there, shortly. */
import { useState } from 'react';
import { api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useT } from '@/shared/i18n';
import { time } from './time';

type Code = components['schemas']['KioskCodeOut'];

export function KioskCode() {
  const t = useT();
  const [made, setMade] = useState<Code | null>(null);
  const [error, setError] = useState<unknown>(null);
  return (
    <section className="card" aria-labelledby="kiosk">
      <h2 id="kiosk">{t('kiosk.title')}</h2>
      <p className="note">{t('kiosk.lead')}</p>
      <ErrorNotice error={error} />
      {made && <div role="status"><p className="big-code mono">{made.code}</p><p className="note">{t('kiosk.until', { time: time(made.expires) })}</p></div>}
      <div><Button onClick={() => { api.post<Code>('/session/kiosk/code').then(setMade, setError); }}>{t('kiosk.make')}</Button></div>
    </section>
  );
}
