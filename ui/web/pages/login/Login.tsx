/** One sign-in for all staff pages; comes back to where one wanted to go. */
import { useState, type FormEvent } from 'react';
import { api } from '@/shared/api/client';
import type { Session } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { getLang, setLang, useLang, useT } from '@/shared/i18n';
import { safeNext } from './next';

export function Login() {
  const t = useT();
  const lang = useLang();
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [totp, setTotp] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const send = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const { actor } = await api.post<Session>('/session', { user: user.trim(), password, ...(totp.trim() && { totp: totp.trim() }) });
      if (actor) location.replace(safeNext(new URLSearchParams(location.search).get('next'), actor));
    } catch (reason) {
      setError(reason);
      setBusy(false);
    }
  };
  return (
    <main className="login">
      <form className="card" onSubmit={(event) => { void send(event); }}>
        <header className="row">
          <img src="/favicon.svg" alt="" width="40" height="40" />
          <div><h1>{t('brand')}</h1><p className="note">{t('staff')}</p></div>
        </header>
        <ErrorNotice error={error} />
        <div className="field"><label htmlFor="user">{t('user')}</label><input id="user" className="input" autoComplete="username" autoCapitalize="none" required autoFocus value={user} onChange={(event) => { setUser(event.target.value); }} /></div>
        <div className="field"><label htmlFor="password">{t('password')}</label><input id="password" className="input" type="password" autoComplete="current-password" required value={password} onChange={(event) => { setPassword(event.target.value); }} /></div>
        <div className="field"><label htmlFor="totp">{t('totp')} <span className="note">{t('totpHint')}</span></label><input id="totp" className="input" inputMode="numeric" autoComplete="one-time-code" maxLength={8} value={totp} onChange={(event) => { setTotp(event.target.value); }} /></div>
        <Button type="submit" kind="primary" size="large" disabled={busy}>{busy ? t('busy') : t('signIn')}</Button>
        <footer className="row">
          <p className="note">{t('visitors')} <a href="/go/">{t('go')}</a></p>
          <Button kind="quiet" lang={lang === 'zh' ? 'en' : 'zh-CN'} onClick={() => { setLang(getLang() === 'zh' ? 'en' : 'zh'); }}>{t('langOther')}</Button>
        </footer>
      </form>
    </main>
  );
}
