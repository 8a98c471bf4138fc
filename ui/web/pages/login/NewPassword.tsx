import { useState, type FormEvent } from 'react';
import { api } from '@/shared/api/client';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useT } from '@/shared/i18n';

/** Whoever came in with a password that somebody else made chooses their own before anything else. */
export function NewPassword({ old: typed, onDone }: { old: string; onDone: () => void }) {
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
      onDone();
    } catch (reason) {
      setError(reason);
      setBusy(false);
    }
  };
  return (
    <main className="login">
      <form className="card" onSubmit={(event) => { void send(event); }}>
        <h1>{t('newPassword.title')}</h1>
        <p className="note">{t('newPassword.lead')}</p>
        <ErrorNotice error={error} />
        {typed === '' && <div className="field"><label htmlFor="old">{t('newPassword.old')}</label><input id="old" className="input" type="password" autoComplete="current-password" required value={old} onChange={(event) => { setOld(event.target.value); }} /></div>}
        <div className="field"><label htmlFor="new">{t('newPassword.new')}</label><input id="new" className="input" type="password" autoComplete="new-password" required autoFocus value={password} onChange={(event) => { setPassword(event.target.value); }} /></div>
        <div className="field"><label htmlFor="again">{t('newPassword.again')}</label><input id="again" className="input" type="password" autoComplete="new-password" required aria-invalid={differs} aria-describedby="differs" value={again} onChange={(event) => { setAgain(event.target.value); }} /><span id="differs" className="note" role="status">{differs ? t('newPassword.differs') : ''}</span></div>
        <Button type="submit" kind="primary" size="large" disabled={busy}>{t('newPassword.save')}</Button>
      </form>
    </main>
  );
}
