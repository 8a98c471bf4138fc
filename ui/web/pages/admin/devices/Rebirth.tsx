/** Asking a device to tell anew what it is and what it measures. */
import { useState } from 'react';
import { api, newKey } from '@/shared/api/client';
import type { Command, DeviceInfo } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { REBIRTH } from '@/shared/console/Commands';
import { useMay } from '@/shared/console/session';
import { useT } from '@/shared/i18n';
import { useLiveStore } from '@/shared/live/hooks';

export function askRebirth(key: string): Promise<Command> {
  return api.post<Command>(`/devices/${encodeURIComponent(key)}/commands`, { name: REBIRTH }, { 'Idempotency-Key': newKey() });
}

export function Rebirth({ device }: { device: DeviceInfo }) {
  const t = useT();
  const may = useMay('device.command');
  const store = useLiveStore();
  const [error, setError] = useState<unknown>(null);
  const ask = () => { setError(null); askRebirth(device.key).then((sent) => { store.noteAnswer(sent); }, setError); };
  return (
    <section className="panel-pad">
      <div className="row"><Button icon="refresh" missing={may ? undefined : t('command.noRight')} onClick={ask}>{t('command.rebirth')}</Button><span className="note">{t('devices:rebirthNote')}</span></div>
      <ErrorNotice error={error} />
    </section>
  );
}
