/** A QR code that a phone which is signed in already opens: it sees this page's address, and confirms. */
import { useEffect, useState } from 'react';
import { api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import type { Session } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useT } from '@/shared/i18n';
import { imageOf } from '@/shared/signin/passkeys';
import { goOn } from '@/shared/signin/next';

type Asked = components['schemas']['PhoneQuestionOut'];
type State = components['schemas']['PhoneStateOut']['state'];
const LOOK_EVERY_MS = 2_000;

export function ByPhone({ onBack }: { onBack: () => void }) {
  const t = useT();
  const [asked, setAsked] = useState<Asked | null>(null);
  const [state, setState] = useState<State>('waiting');
  const [error, setError] = useState<unknown>(null);
  const [round, setRound] = useState(0);
  const again = () => {
    setState('waiting');
    setError(null);
    setRound(round + 1);
  };
  useEffect(() => { api.post<Asked>('/session/qr').then(setAsked, setError); }, [round]);
  useEffect(() => {
    if (!asked || state !== 'waiting') return;
    const timer = setInterval(() => {
      api.get<{ state: State }>('/session/qr').then((told) => { setState(told.state); }, setError);
    }, LOOK_EVERY_MS);
    return () => { clearInterval(timer); };
  }, [asked, state]);
  useEffect(() => {
    if (state !== 'confirmed') return;
    api.post<Session>('/session/qr/finish').then(({ actor }) => { if (actor) goOn(actor); }, setError);
  }, [state]);
  const over = state === 'refused' || state === 'gone';
  return (
    <div className="by-phone">
      <ErrorNotice error={error} />
      {asked && !over && <img src={imageOf(asked.qr)} alt={t('qrAlt')} width="220" height="220" />}
      <p role="status">{t(`qr.${state}`)}</p>
      <p className="note">{t('qrNote')}</p>
      <div className="login-ways">
        {over && <Button kind="primary" onClick={again}>{t('qrAgain')}</Button>}
        <Button kind="quiet" icon="back" onClick={onBack}>{t('back')}</Button>
      </div>
    </div>
  );
}
