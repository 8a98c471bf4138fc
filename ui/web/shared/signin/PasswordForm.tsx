/** One's own password, changed: the one there is, and a new one twice. `old`: typed a moment ago, so not asked again. */
import { useState, type FormEvent } from 'react';
import { api } from '@/shared/api/client';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useT } from '@/shared/i18n';

export function PasswordForm({ old: typed, save, onDone }: { old: string; save: string; onDone: () => void }) {
  const t = useT();
  const [old, setOld] = useState(typed);
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const differs = again !== '' && again !== password;
  const send = async (event: FormEvent) => {
    event.preventDefault();
    if (again !== password) return;
    setBusy(true);
    setError(null);
    try {
      await api.post('/accounts/password', { old, new: password });
      for (const forget of [setOld, setPassword, setAgain]) forget('');
      onDone();
    } catch (reason) {
      setError(reason);
    }
    setBusy(false);
  };
  return (
    <form onSubmit={(event) => { void send(event); }}>
      <ErrorNotice error={error} />
      {typed === '' && <div className="field"><label htmlFor="old">{t('password.old')}</label><input id="old" className="input" type="password" autoComplete="current-password" required value={old} onChange={(event) => { setOld(event.target.value); }} /></div>}
      <div className="field"><label htmlFor="new">{t('password.new')}</label><input id="new" className="input" type="password" autoComplete="new-password" required autoFocus={typed !== ''} value={password} onChange={(event) => { setPassword(event.target.value); }} /></div>
      <div className="field"><label htmlFor="again">{t('password.again')}</label><input id="again" className="input" type="password" autoComplete="new-password" required aria-invalid={differs} aria-describedby="differs" value={again} onChange={(event) => { setAgain(event.target.value); }} /><span id="differs" className="note" role="status">{differs ? t('password.differs') : ''}</span></div>
      <Button type="submit" kind="primary" disabled={busy}>{save}</Button>
    </form>
  );
}
