/** Citizens and enterprises ask for an account; the hall looks at it, and says the same whether they are known or not. */
import { useState, type FormEvent } from 'react';
import { api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { useAnswer } from '@/shared/api/useAnswer';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { getLang, setLang, useLang, useT, useText } from '@/shared/i18n';
import { Received } from './Received';

type Schemas = components['schemas'];
type Kind = Schemas['RegistrationIn']['kind'];
const KINDS: readonly Kind[] = ['citizen', 'enterprise'];
const LOGIN = '[a-z0-9][a-z0-9._\\-]{1,39}';
const SHORTEST = 8;
const EMPTY = { name: '', id_number: '', phone: '', user: '', password: '', again: '' };

export function Register() {
  const t = useT();
  const lang = useLang();
  const { data: told, error: unreached, again: look } = useAnswer<Schemas['PolicyIn']>('/accounts/registrations/policy');
  const [kind, setKind] = useState<Kind>('citizen');
  const [words, setWords] = useState(EMPTY);
  const { data: purposes } = useAnswer<Schemas['PurposeOut'][]>('/privacy/purposes');
  const text = useText();
  const [agreed, setAgreed] = useState(false);
  const [callable, setCallable] = useState(false);
  /** The text in force about calls, to be agreed to where a number was given. */
  const calls = words.phone.trim() ? purposes?.find(({ id }) => id === 'contact.phone') : undefined;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [received, setReceived] = useState(false);
  const differs = words.again !== '' && words.again !== words.password;
  const set = (name: keyof typeof EMPTY) => (text: string) => { setWords({ ...words, [name]: text }); };
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (busy || differs) return;
    setBusy(true);
    setError(null);
    const body: Schemas['RegistrationIn'] = {
      kind, user: words.user.trim().toLowerCase(), password: words.password, name: words.name.trim(),
      phone: words.phone.trim() || null, id_number: words.id_number.trim(),
      phone_agreed: calls && callable ? calls.version : null,
    };
    api.post('/accounts/registrations', body).then(() => {
      setWords(EMPTY);
      setReceived(true);
    }, (reason: unknown) => {
      setError(reason);
      setBusy(false);
    });
  };
  return (
    <main className="register">
      <header>
        <img src="/favicon.svg" alt="" width="40" height="40" />
        <h1>{t('title')}</h1>
        <Button kind="quiet" lang={lang === 'zh' ? 'en' : 'zh-CN'} onClick={() => { setLang(getLang() === 'zh' ? 'en' : 'zh'); }}>{t('langOther')}</Button>
      </header>
      <ErrorNotice error={unreached} onRetry={look} />
      {told?.policy === 'closed' && <section className="card"><p>{t('closed')}</p><p><a href="/go/">{t('go')}</a></p></section>}
      {told && told.policy !== 'closed' && received && <Received policy={told.policy} />}
      {told && told.policy !== 'closed' && !received && (
        <form className="card" onSubmit={send}>
          <p>{t('lead')}</p>
          <fieldset>
            <legend className="label">{t('kind')}</legend>
            <div className="kinds">
              {KINDS.map((one) => <label key={one}><input type="radio" name="kind" checked={kind === one} onChange={() => { setKind(one); }} />{t(`kinds.${one}`)}</label>)}
            </div>
          </fieldset>
          <Field id="name" label={t(`name.${kind}`)} value={words.name} onChange={set('name')} autoComplete={kind === 'citizen' ? 'name' : 'organization'} maxLength={60} required />
          <Field id="id_number" label={t(`id.${kind}`)} hint={t(`id.${kind}Hint`)} value={words.id_number} onChange={set('id_number')} autoComplete="off" autoCapitalize="characters" maxLength={18} minLength={18} required />
          <Field id="phone" label={t('phone')} hint={t('phoneHint')} value={words.phone} onChange={set('phone')} type="tel" autoComplete="tel" maxLength={20} />
          {calls && <label className="agree"><input type="checkbox" checked={callable} onChange={(event) => { setCallable(event.target.checked); }} /><span>{t('phoneAgree')} {text(calls.text)}</span></label>}
          <Field id="user" label={t('user')} hint={t('userHint')} value={words.user} onChange={set('user')} autoComplete="username" autoCapitalize="none" pattern={LOGIN} maxLength={40} required />
          <fieldset aria-describedby="rules">
            <Field id="password" label={t('password')} value={words.password} onChange={set('password')} type="password" autoComplete="new-password" minLength={SHORTEST} maxLength={128} required />
            <Field id="again" label={t('again')} value={words.again} onChange={set('again')} type="password" autoComplete="new-password" maxLength={128} required wrong={differs ? t('differs') : undefined} />
            <ul id="rules" className="note">{(['length', 'known', 'own', 'paste'] as const).map((rule) => <li key={rule}>{t(`rules.${rule}`)}</li>)}</ul>
          </fieldset>
          <section aria-labelledby="notice">
            <h2 id="notice">{t('notice.title')}</h2>
            <ul>{(['what', 'why', 'long', 'rights', 'others'] as const).map((part) => <li key={part}>{t(`notice.${part}`)}</li>)}</ul>
          </section>
          <label className="agree"><input type="checkbox" required checked={agreed} onChange={(event) => { setAgreed(event.target.checked); }} /><span>{t('agree')}</span></label>
          <ErrorNotice error={error} />
          <Button type="submit" kind="primary" size="large" disabled={busy}>{t(busy ? 'busy' : 'send')}</Button>
          <p className="note">{t('have')} <a href="/login/">{t('login')}</a></p>
        </form>
      )}
    </main>
  );
}

function Field({ id, label, hint, wrong, onChange, ...rest }: {
  id: string;
  label: string;
  hint?: string;
  wrong?: string | undefined;
  onChange: (text: string) => void;
  value: string;
  type?: string;
  autoComplete: string;
  autoCapitalize?: string;
  pattern?: string;
  maxLength: number;
  minLength?: number;
  required?: boolean;
}) {
  return (
    <div className="field">
      <label className="label" htmlFor={id}>{label}</label>
      <input {...rest} id={id} className="input" aria-describedby={`${id}-hint`} aria-invalid={wrong !== undefined} onChange={(event) => { onChange(event.target.value); }} />
      <span id={`${id}-hint`} className={wrong ? 'wrong' : 'note'} role={wrong ? 'status' : undefined}>{wrong ?? hint}</span>
    </div>
  );
}
