/** Second factors: added, named, removed; recovery codes shown once. */
import { useState, type FormEvent } from 'react';
import { api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useT } from '@/shared/i18n';
import { imageOf, makePasskey, passkeysWork } from '@/shared/signin/passkeys';
import { useGuarded } from './ShowAgain';
import { time } from './time';

type Schemas = components['schemas'];

export function Factors({ found, again, first, onDone }: {
  found: Schemas['FactorsOut'];
  again: () => void;
  /** The first one of somebody whose role asks for one: then one goes on to where one wanted. */
  first: boolean;
  onDone: () => void;
}) {
  const t = useT();
  const guarded = useGuarded();
  const [fresh, setFresh] = useState<Schemas['NewTotpOut'] | null>(null);
  const [codes, setCodes] = useState<string[]>([]);
  const [code, setCode] = useState('');
  const [name, setName] = useState('');
  const [error, setError] = useState<unknown>(null);
  const run = async (act: () => Promise<unknown>) => {
    setError(null);
    try {
      await guarded(act);
    } catch (reason) {
      setError(reason);
    }
  };
  const added = (made: Schemas['AddedOut']) => {
    setFresh(null);
    setCode('');
    setName('');
    setCodes(made.codes);
    if (!first) again();
    else if (made.codes.length === 0) onDone(); // else one keeps the codes first: they are shown this once
  };
  const confirm = (event: FormEvent) => {
    event.preventDefault();
    if (fresh) void run(async () => { added(await api.post<Schemas['AddedOut']>(`/factors/${encodeURIComponent(fresh.id)}/confirm`, { code })); });
  };
  const addPasskey = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      const { options } = await api.post<Schemas['PasskeyQuestionOut']>('/factors/passkey/question');
      const answer = await makePasskey(options);
      if (answer) added(await api.post<Schemas['AddedOut']>('/factors/passkey', { name: name.trim(), answer }));
    });
  };
  return (
    <section className="card" aria-labelledby="factors">
      <h2 id="factors">{t('factors.title')}</h2>
      <p className="note">{t('factors.lead')}</p>
      <ErrorNotice error={error} />
      <ul>
        {found.factors.map((factor) => (
          <li key={factor.id}>
            <div><strong>{factor.kind === 'totp' ? t('factors.totp') : factor.name}</strong><p className="note">{t('factors.since', { kind: t(`factors.${factor.kind}`), created: time(factor.created), used: factor.last_used ? time(factor.last_used) : '—' })}</p></div>
            <Button kind="quiet" aria-label={t('factors.removeOf', { name: factor.name })} onClick={() => { void run(async () => { await api.delete(`/factors/${encodeURIComponent(factor.id)}`); again(); }); }}>{t('factors.remove')}</Button>
          </li>
        ))}
      </ul>
      {codes.length > 0 && (
        <div role="status">
          <p><strong>{t('factors.codes')}</strong> {t('factors.codesNote')}</p>
          <ul className="codes mono">{codes.map((one) => <li key={one}>{one}</li>)}</ul>
          <Button kind="primary" onClick={() => { setCodes([]); if (first) onDone(); }}>{t('factors.codesKept')}</Button>
        </div>
      )}
      {fresh ? (
        <form className="new-totp" onSubmit={confirm}>
          <p>{t('factors.scan')}</p>
          <img src={imageOf(fresh.qr)} alt={t('factors.qr')} width="200" height="200" />
          <p className="note">{t('factors.byHand')} <span className="mono secret">{fresh.secret}</span></p>
          <label className="field"><span className="label">{t('factors.code')}</span><input className="input" inputMode="numeric" autoComplete="one-time-code" autoFocus required maxLength={10} value={code} onChange={(event) => { setCode(event.target.value); }} /></label>
          <Button type="submit" kind="primary">{t('factors.confirm')}</Button>
        </form>
      ) : (
        <div className="row wrap">
          <Button icon="plus" onClick={() => { void run(async () => { setFresh(await api.post<Schemas['NewTotpOut']>('/factors/totp')); }); }}>{t('factors.addTotp')}</Button>
          {found.factors.length > 0 && <Button kind="quiet" onClick={() => { void run(async () => { setCodes((await api.post<Schemas['CodesOut']>('/factors/codes')).codes); again(); }); }}>{t('factors.renew', { left: found.codes_left })}</Button>}
        </div>
      )}
      {passkeysWork() && !fresh && (
        <form onSubmit={addPasskey}>
          <label className="field"><span className="label">{t('factors.passkeyName')}</span><input className="input" required maxLength={60} placeholder={t('factors.passkeyHint')} value={name} onChange={(event) => { setName(event.target.value); }} /></label>
          <Button type="submit" icon="plus">{t('factors.addPasskey')}</Button>
        </form>
      )}
    </section>
  );
}
