/** One sign-in for everybody: password, then what else one has; or a passkey, a phone, an identity from elsewhere. */
import { useEffect, useState, type FormEvent } from 'react';
import { api, ApiError } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import type { Actor, Session } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { getLang, setLang, useLang, useT } from '@/shared/i18n';
import { passkeysWork, showPasskey } from '@/shared/signin/passkeys';
import { goOn, takeAnswer } from '@/shared/signin/next';
import { ByPhone } from './ByPhone';
import { NewPassword } from './NewPassword';
import { SecondStep, type Needed } from './SecondStep';

type Question = components['schemas']['PasskeyQuestionOut'];
type Ways = components['schemas']['WaysOut'];
const LINE_FULL = 'accounts.line_full';
const TRIES = 4;

/** Too many sign in at this moment: waits as long as it is told, a few times. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await ask();
    } catch (reason) {
      if (tried === TRIES || !(reason instanceof ApiError) || reason.problem.title !== LINE_FULL) throw reason;
      const wait_s = Number((reason.problem as { retry_after_s?: number }).retry_after_s ?? 2);
      await new Promise((again) => { setTimeout(again, wait_s * 1_000); });
    }
  }
}

export function Login() {
  const t = useT();
  const lang = useLang();
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [needed, setNeeded] = useState<Needed | null>(null);
  const [phone, setPhone] = useState(false);
  const [outside, setOutside] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [newcomer, setNewcomer] = useState<Actor | null>(null);
  const [crowdedOut, setCrowdedOut] = useState(false);
  const run = async (ask: () => Promise<Session | null>) => {
    setBusy(true);
    setError(null);
    try {
      const session = await patiently(ask);
      if (session?.actor?.must_change_password && !session.actor.must_show_factor) { setNewcomer(session.actor); return; }
      if (session?.actor) { goOn(session.actor); return; }
    } catch (reason) {
      const problem = reason instanceof ApiError ? reason.problem : null;
      if (problem?.title === 'accounts.second_factor_needed') setNeeded(problem as unknown as Needed);
      else setError(reason);
    }
    setBusy(false);
  };
  const send = (more: object = {}) => run(() => api.post<Session>('/session', { user: user.trim(), password, ...more }));
  const passkey = () => run(async () => {
    const { options } = await api.post<Question>('/session/passkey/question');
    const answer = await showPasskey(options);
    return answer && api.post<Session>('/session/passkey', { answer });
  });
  const elsewhere = () => run(async () => {
    const { url } = await api.post<{ url: string }>('/session/outside');
    location.assign(url);
    return null;
  });
  useEffect(() => {
    api.get<Ways>('/session/ways').then((ways) => { setOutside(ways.outside); }, () => { setOutside(null); });
    const answer = takeAnswer();
    if (!answer) {
      api.get<Session>('/session').then(({ actor, crowded_out }) => {
        setCrowdedOut(crowded_out === true);
        if (actor?.must_change_password && !actor.must_show_factor) setNewcomer(actor);
      }, () => undefined); // who is here already is a courtesy: one signs in all the same
    }
    if (answer) api.post<Session>('/session/outside/finish', answer).then(({ actor }) => { if (actor) goOn(actor); }, setError);
  }, []);
  const submit = (event: FormEvent) => { event.preventDefault(); void send(); };
  if (newcomer) return <NewPassword old={password} onDone={() => { goOn(newcomer); }} />;
  return (
    <main className="login">
      <div className="card login-card">
        <header className="row">
          <img src="/favicon.svg" alt="" width="40" height="40" />
          <div><h1>{t('brand')}</h1><p className="note">{needed ? t('second') : t('lead')}</p></div>
        </header>
        <ErrorNotice error={error} />
        {crowdedOut && !needed && <p className="notice" role="status">{t('crowdedOut')}</p>}
        {needed ? (
          <SecondStep needed={needed} busy={busy} onShow={(shown) => { void send(shown); }} onBack={() => { setNeeded(null); setError(null); setPassword(''); }} />
        ) : phone ? (
          <ByPhone onBack={() => { setPhone(false); }} />
        ) : (
          <>
            <form onSubmit={submit}>
              <div className="field"><label htmlFor="user">{t('user')}</label><input id="user" className="input" autoComplete="username webauthn" autoCapitalize="none" required autoFocus value={user} onChange={(event) => { setUser(event.target.value); }} /></div>
              <div className="field"><label htmlFor="password">{t('password')}</label><input id="password" className="input" type="password" autoComplete="current-password" required value={password} onChange={(event) => { setPassword(event.target.value); }} /></div>
              <Button type="submit" kind="primary" size="large" disabled={busy}>{busy ? t('busy') : t('signIn')}</Button>
            </form>
            <div className="login-ways" role="group" aria-label={t('otherWays')}>
              <Button icon="phone" disabled={busy} onClick={() => { setPhone(true); setError(null); }}>{t('byPhone')}</Button>
              {passkeysWork() && <Button icon="user" disabled={busy} onClick={() => { void passkey(); }}>{t('passkey')}</Button>}
              {outside !== null && <Button icon="network" disabled={busy} onClick={() => { void elsewhere(); }}>{outside}</Button>}
            </div>
          </>
        )}
        <footer className="row">
          <p className="note">{t('visitors')} <a href="/go/">{t('go')}</a><br />{t('noAccount')} <a href="/register/">{t('register')}</a></p>
          <Button kind="quiet" lang={lang === 'zh' ? 'en' : 'zh-CN'} onClick={() => { setLang(getLang() === 'zh' ? 'en' : 'zh'); }}>{t('langOther')}</Button>
        </footer>
      </div>
    </main>
  );
}
