/** Before something delicate, and after a sign-in that lacks it: the second factor, or the password of who has none. */
import { createContext, useCallback, useContext, useRef, useState, type FormEvent, type ReactNode } from 'react';
import { api, ApiError } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { Button } from '@/shared/components/Button';
import { Dialog } from '@/shared/components/Dialog';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useT } from '@/shared/i18n';
import { showPasskey } from '@/shared/signin/passkeys';

interface Asked { ways: string[]; passkey: components['schemas']['PasskeyQuestionOut']['options'] | null }
/** Does it; where the hall wants to see once more who one is, asks for that first. Null: thought better of. */
type Guarded = <T>(act: () => Promise<T>) => Promise<T | null>;
const Context = createContext<Guarded | null>(null);

export function useGuarded(): Guarded {
  const guarded = useContext(Context);
  if (!guarded) throw new Error('outside of a ShowAgainGate');
  return guarded;
}

export function ShowAgainGate({ children }: { children: ReactNode }) {
  const t = useT();
  const [asked, setAsked] = useState<Asked | null>(null);
  const answer = useRef<(shown: boolean) => void>(() => undefined);
  const guarded: Guarded = useCallback(async (act) => {
    try {
      return await act();
    } catch (reason) {
      if (!(reason instanceof ApiError) || reason.problem.title !== 'accounts.show_again') throw reason;
      const shown = await new Promise<boolean>((resolve) => {
        answer.current = resolve;
        setAsked(reason.problem as unknown as Asked);
      });
      setAsked(null);
      return shown ? act() : null;
    }
  }, []);
  return (
    <Context value={guarded}>
      {children}
      <Dialog open={asked !== null} title={t('again.title')} onClose={() => { answer.current(false); }}>
        {asked && <ShowForm asked={asked} onDone={() => { answer.current(true); }} />}
      </Dialog>
    </Context>
  );
}

function ShowForm({ asked, onDone }: { asked: Asked; onDone: () => void }) {
  const t = useT();
  const [text, setText] = useState('');
  const [error, setError] = useState<unknown>(null);
  const byPassword = asked.ways.includes('password');
  const show = async (shown: object) => {
    setError(null);
    try {
      await api.post('/session/show', shown);
      onDone();
    } catch (reason) {
      setError(reason);
    }
  };
  const submit = (event: FormEvent) => { event.preventDefault(); void show(byPassword ? { password: text } : { totp: text.trim() }); };
  const passkey = async () => {
    const answer = asked.passkey && await showPasskey(asked.passkey);
    if (answer) await show({ passkey: answer });
  };
  return (
    <form onSubmit={submit}>
      <ErrorNotice error={error} />
      <label className="field">
        <span className="label">{t(byPassword ? 'again.password' : 'again.code')}</span>
        <input className="input" type={byPassword ? 'password' : 'text'} autoComplete={byPassword ? 'current-password' : 'one-time-code'} required maxLength={128} value={text} onChange={(event) => { setText(event.target.value); }} />
      </label>
      <div className="row">
        <Button type="submit" kind="primary">{t('again.go')}</Button>
        {asked.passkey && <Button icon="user" onClick={() => { void passkey(); }}>{t('passkey')}</Button>}
      </div>
    </form>
  );
}

/** In the page itself, for a sign-in that is not whole yet. */
export function ShowFactor({ onDone }: { onDone: () => void }) {
  const t = useT();
  return (
    <section className="card">
      <h2>{t('again.title')}</h2>
      <ShowForm asked={{ ways: ['totp'], passkey: null }} onDone={onDone} />
    </section>
  );
}
