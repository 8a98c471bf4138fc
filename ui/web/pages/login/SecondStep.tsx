/** The password was right: what else shows who one is. */
import { useState, type FormEvent } from 'react';
import type { components } from '@/shared/api/schema';
import { Button } from '@/shared/components/Button';
import { useT } from '@/shared/i18n';
import { showPasskey } from '@/shared/signin/passkeys';

/** As the hall's refusal says it. */
export interface Needed {
  ways: string[];
  passkey: components['schemas']['PasskeyQuestionOut']['options'] | null;
}

export function SecondStep({ needed, busy, onShow, onBack }: {
  needed: Needed;
  busy: boolean;
  onShow: (shown: { totp?: string; passkey?: object }) => void;
  onBack: () => void;
}) {
  const t = useT();
  const [code, setCode] = useState('');
  const [recovery, setRecovery] = useState(!needed.ways.includes('totp') && needed.passkey === null);
  const codes = recovery || needed.ways.includes('totp');
  const submit = (event: FormEvent) => { event.preventDefault(); onShow({ totp: code.trim() }); };
  const passkey = async () => {
    const answer = needed.passkey && await showPasskey(needed.passkey);
    if (answer) onShow({ passkey: answer });
  };
  return (
    <>
      {codes && (
        <form onSubmit={submit}>
          <div className="field">
            <label htmlFor="totp">{recovery ? t('recovery') : t('totp')} <span className="note">{recovery ? t('recoveryHint') : t('totpHint')}</span></label>
            <input id="totp" className="input" key={String(recovery)} inputMode={recovery ? 'text' : 'numeric'} autoComplete="one-time-code" autoFocus required maxLength={40} value={code} onChange={(event) => { setCode(event.target.value); }} />
          </div>
          <Button type="submit" kind="primary" size="large" disabled={busy}>{busy ? t('busy') : t('signIn')}</Button>
        </form>
      )}
      <div className="login-ways">
        {needed.passkey && <Button icon="user" disabled={busy} onClick={() => { void passkey(); }}>{t('passkey')}</Button>}
        {!recovery && needed.ways.includes('recovery') && <Button kind="quiet" onClick={() => { setRecovery(true); setCode(''); }}>{t('useRecovery')}</Button>}
        <Button kind="quiet" icon="back" onClick={onBack}>{t('back')}</Button>
      </div>
    </>
  );
}
