/** Who lets this device in: its credential, the gateways that may speak for it, and under which foreign address it is heard. */
import { useState } from 'react';
import { api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { useAnswer } from '@/shared/api/useAnswer';
import type { DeviceInfo } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { Dialog } from '@/shared/components/Dialog';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useMay } from '@/shared/console/session';
import { useT } from '@/shared/i18n';
import { useAdmissionWords, useStamp } from './parts';
import { type Credential, Secrets } from './Secrets';
import { SpeaksFor } from './SpeaksFor';

type Act = 'enrol' | 'rotate' | 'revoke';
const PATHS: Record<Act, string> = { enrol: '/admission/devices', rotate: '/admission/rotate', revoke: '/admission/revoke' };

export function Access({ device, onChanged, onOpen }: { device: DeviceInfo; onChanged: () => void; onOpen: (key: string) => void }) {
  const t = useT();
  const may = useMay('device.enrol');
  const stamp = useStamp();
  const admission = useAdmissionWords();
  const door = useAnswer<components['schemas']['AdmissionOut']>(may ? '/admission' : null).data;
  const [act, setAct] = useState<Act | null>(null);
  const [made, setMade] = useState<readonly Credential[] | null>(null);
  return (
    <>
      <section className="panel-pad">
        <h4>{t('devices:field.credential')}</h4>
        <p>{device.credential_ms === null ? admission.credential(device) : t('devices:sinceTime', { time: stamp(device.credential_ms) })}</p>
        {device.credential_ms === null && device.via.length === 0 && <p className="note">{t('devices:noCredentialNote')}</p>}
        {door && <p className="note">{t('devices:door', { broker: door.broker })}{door.ca_sha256 && <><br />{t('devices:ca')} <span className="mono ca">{door.ca_sha256}</span></>}</p>}
        {may ? (
          <div className="row wrap">
            {device.enrolled ? (
              <>
                <Button icon="refresh" onClick={() => { setAct('rotate'); }}>{t('devices:act.rotate')}</Button>
                <Button kind="danger" icon="lock" onClick={() => { setAct('revoke'); }}>{t('devices:act.revoke')}</Button>
              </>
            ) : <Button kind="primary" icon="qr" onClick={() => { setAct('enrol'); }}>{t('devices:act.enrol')}</Button>}
          </div>
        ) : <p className="note">{t('devices:noRight')}</p>}
      </section>
      <SpeaksFor device={device} onChanged={onChanged} onOpen={onOpen} />
      {act && <Ask act={act} device={device} onClose={() => { setAct(null); }} onDone={(answer) => { setAct(null); setMade(answer); onChanged(); }} />}
      <Dialog open={made !== null} title={t('devices:secret.title')} onClose={() => { setMade(null); }} actions={<Button kind="primary" onClick={() => { setMade(null); }}>{t('devices:secret.kept')}</Button>}>
        {made && <Secrets made={made} />}
      </Dialog>
    </>
  );
}

function Ask({ act, device, onClose, onDone }: { act: Act; device: DeviceInfo; onClose: () => void; onDone: (made: readonly Credential[] | null) => void }) {
  const t = useT();
  const [why, setWhy] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const send = async () => {
    setBusy(true);
    setError(null);
    try {
      const body = act === 'enrol' ? { devices: [{ key: device.key, kind: device.kind }], why } : { keys: [device.key], why };
      onDone((await api.post<readonly Credential[] | undefined>(PATHS[act], body)) ?? null);
    } catch (reason) {
      setError(reason);
      setBusy(false);
    }
  };
  return (
    <Dialog
      open title={t(`devices:act.${act}`)} onClose={onClose}
      actions={<><Button onClick={onClose}>{t('cancel')}</Button><Button kind={act === 'revoke' ? 'danger-fill' : 'primary'} disabled={busy} onClick={() => { void send(); }}>{t(`devices:act.${act}`)}</Button></>}
    >
      <p>{t(`devices:ask.${act}`, { key: device.key })}</p>
      <label className="field"><span className="label">{t('command.reason')}</span><input className="input" value={why} maxLength={200} autoFocus onChange={(event) => { setWhy(event.target.value); }} /></label>
      <ErrorNotice error={error} />
    </Dialog>
  );
}
