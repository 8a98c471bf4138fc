import { useState } from 'react';
import { api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { useAnswer } from '@/shared/api/useAnswer';
import { Button } from '@/shared/components/Button';
import { Dialog } from '@/shared/components/Dialog';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useHallData } from '@/shared/console/data';
import { useT, useText } from '@/shared/i18n';
import { useTry } from './PeopleTry';

type Token = components['schemas']['TokenOut'];
type NewToken = components['schemas']['NewTokenOut'];
type Scopes = Record<string, Record<string, string>>;
const READ = 'data.read';
const DAYS = [30, 90, 365, 1826] as const;

/** Programs of third parties: what each may do, how long, when it was last here, and an end to it. */
export function Tokens() {
  const t = useT();
  const text = useText();
  const { timezone } = useHallData();
  const { data, error, again } = useAnswer<Token[]>('/tokens');
  const { data: scopes } = useAnswer<Scopes>('/tokens/scopes');
  const { problem, busy, attempt } = useTry();
  const [made, setMade] = useState<NewToken | null>(null);
  const [ending, setEnding] = useState<Token | null>(null);
  const time = (iso: string) => new Date(iso).toLocaleString('sv-SE', { timeZone: timezone }).slice(0, 16);
  const words = (scope: string) => { const label = scopes?.[scope]; return label ? text(label) : scope; };
  const revoke = (token: Token) => { void attempt(() => api.delete(`/tokens/${encodeURIComponent(token.id)}`), () => { setEnding(null); again(); }); };
  return (
    <>
      <p className="note">{t('tokens.lead')}</p>
      <ErrorNotice error={error} onRetry={again} />
      <NewTokenForm scopes={scopes ?? {}} busy={busy} onMake={(wanted) => { void attempt(async () => { setMade(await api.post<NewToken>('/tokens', wanted)); }, again); }} />
      <ErrorNotice error={problem} />
      {data?.length === 0 && <p className="note">{t('tokens.none')}</p>}
      {(data?.length ?? 0) > 0 && (
        <table className="table card">
          <thead><tr><th scope="col">{t('tokens.name')}</th><th scope="col">{t('tokens.may')}</th><th scope="col">{t('tokens.expires')}</th><th scope="col">{t('tokens.used')}</th><td /></tr></thead>
          <tbody>
            {(data ?? []).map((token) => (
              <tr key={token.id}>
                <th scope="row">{token.name}</th>
                <td>{token.scopes.map(words).join(t('tokens.and'))}</td>
                <td className="nb">{time(token.expires)}</td>
                <td className="nb">{token.last_used ? time(token.last_used) : t('tokens.never')}</td>
                <td><Button kind="quiet" onClick={() => { setEnding(token); }}>{t('tokens.revoke')}</Button></td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Dialog open={made !== null} title={t('tokens.made', { name: made?.name ?? '' })} onClose={() => { setMade(null); }} actions={<Button kind="primary" onClick={() => { setMade(null); }}>{t('tokens.kept')}</Button>}>
        <p>{t('tokens.once')}</p>
        <p className="mono token-secret" role="status">{made?.token}</p>
        <p className="note">{t('tokens.how')} <code>Authorization: Bearer …</code></p>
      </Dialog>
      <Dialog
        open={ending !== null} title={t('tokens.revoke')} onClose={() => { setEnding(null); }}
        actions={
          <>
            <Button onClick={() => { setEnding(null); }}>{t('cancel')}</Button>
            <Button kind="danger-fill" disabled={busy} onClick={() => { if (ending) revoke(ending); }}>{t('tokens.revoke')}</Button>
          </>
        }
      >
        <p>{t('tokens.revokeAsk', { name: ending?.name ?? '' })}</p>
      </Dialog>
    </>
  );
}

function NewTokenForm({ scopes, busy, onMake }: { scopes: Scopes; busy: boolean; onMake: (wanted: { name: string; scopes: string[]; days: number }) => void }) {
  const t = useT();
  const text = useText();
  const [name, setName] = useState('');
  const [wanted, setWanted] = useState<readonly string[]>([READ]);
  const [days, setDays] = useState<number>(365);
  const missing = !name.trim() ? t('tokens.nameFirst') : wanted.length === 0 ? t('tokens.scopeFirst') : undefined;
  return (
    <form className="admin-tools card" onSubmit={(event) => { event.preventDefault(); if (!missing) { onMake({ name: name.trim(), scopes: [...wanted], days }); setName(''); } }}>
      <label className="field"><span className="label">{t('tokens.name')}</span><input className="input" value={name} maxLength={60} placeholder={t('tokens.nameHint')} onChange={(event) => { setName(event.target.value); }} /></label>
      <fieldset className="row wrap token-scopes">
        <legend className="label">{t('tokens.may')}</legend>
        {Object.entries(scopes).map(([scope, label]) => (
          <label key={scope} className="row">
            <input type="checkbox" checked={wanted.includes(scope)} onChange={(event) => { setWanted(event.target.checked ? [...wanted, scope] : wanted.filter((other) => other !== scope)); }} />
            {text(label)}
          </label>
        ))}
      </fieldset>
      <label className="field"><span className="label">{t('tokens.days')}</span><select className="input" value={days} onChange={(event) => { setDays(Number(event.target.value)); }}>{DAYS.map((count) => <option key={count} value={count}>{t('tokens.forDays', { count })}</option>)}</select></label>
      <Button type="submit" kind="primary" disabled={busy} missing={missing}>{t('tokens.make')}</Button>
    </form>
  );
}
