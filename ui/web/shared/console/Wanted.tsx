/** What is wanted of a point: since when, by whom, and whether it is so; withdrawn here by who may command, with a reason. */
import { useId, useState } from 'react';
import { api } from '@/shared/api/client';
import type { Desired, KindPoint } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { Dialog } from '@/shared/components/Dialog';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { StatusMark } from '@/shared/components/StatusMark';
import { useLang, useT } from '@/shared/i18n';
import { keyOf } from './data';
import { isDrift } from './drift';
import { useNames } from './names';
import { useHindrance } from './session';
import { useMoment } from './useMoment';
import { valueWords } from './values';

export function WantedRow({ wanted, point, label }: { wanted: Desired; point: KindPoint; label: string }) {
  const t = useT();
  const lang = useLang();
  const nameOf = useNames();
  const at = useMoment();
  const missing = useHindrance('device.command', 'command.noRight');
  const [asking, setAsking] = useState(false);
  const words = wanted.value === '' ? t('wanted.blank') : valueWords(wanted.value, point, t, lang);
  return (
    <div className="wanted-row" data-standing={wanted.standing}>
      <dt><span className="sr-only">{label} </span>{t('wanted.title')}</dt>
      <dd>
        <b>{words}</b> <span className="note">{t('wanted.since', { time: at(wanted.since_ms), who: nameOf(wanted.by) })}</span>
        <span className="wanted-standing">
          {isDrift(wanted) && <StatusMark state="drift" size={16} />} {t(`wanted.${wanted.standing}`, { time: wanted.away_ms === null ? '' : at(wanted.away_ms) })}
        </span>
      </dd>
      <dd>
        <Button aria-label={t('wanted.withdrawOf', { what: label })} missing={missing} onClick={() => { setAsking(true); }}>{t('wanted.withdraw')}</Button>
        {asking && <Withdraw wanted={wanted} what={`${label} ${words}`} onClose={() => { setAsking(false); }} />}
      </dd>
    </div>
  );
}

function Withdraw({ wanted, what, onClose }: { wanted: Desired; what: string; onClose: () => void }) {
  const t = useT();
  const reasonId = useId();
  const [reason, setReason] = useState('');
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const withdraw = async () => {
    setBusy(true);
    setError(null);
    try {
      const path = `/devices/${encodeURIComponent(keyOf(wanted.entity))}/desired/${encodeURIComponent(wanted.point)}/withdraw`;
      await api.post(path, { command: wanted.command, reason: reason.trim() });
      onClose();
    } catch (why) {
      setError(why);
      setBusy(false);
    }
  };
  const missing = reason.trim() ? undefined : t('command.missingReason');
  return (
    <Dialog
      open title={t('wanted.withdrawOf', { what })} onClose={onClose}
      actions={<><Button onClick={onClose}>{t('cancel')}</Button><Button kind="primary" missing={missing} disabled={busy} onClick={() => { void withdraw(); }}>{t('wanted.withdraw')}</Button></>}
    >
      <p className="note">{t('wanted.withdrawNote')}</p>
      <div className="field">
        <label htmlFor={reasonId}>{t('command.reason')}</label>
        <input id={reasonId} className="input" value={reason} maxLength={200} placeholder={t('command.reasonHint')} onChange={(event) => { setReason(event.target.value); }} />
      </div>
      <ErrorNotice error={error} />
    </Dialog>
  );
}
