import { useState } from 'react';
import { api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { useAnswer } from '@/shared/api/useAnswer';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useMay } from '@/shared/console/session';
import { useT } from '@/shared/i18n';
import { useTry } from './PeopleTry';

type Registration = components['schemas']['RegistrationOut'];
type Policy = components['schemas']['PolicyIn'];
const POLICIES = ['closed', 'review', 'window'] as const;

/** Citizens and enterprises that asked for an account, and who may answer them. */
export function PeopleRegistrations({ onDone }: { onDone: () => void }) {
  const t = useT();
  const review = useMay('registrations.review');
  const { data, error, again } = useAnswer<Registration[]>('/accounts/registrations');
  const { data: told, again: reread } = useAnswer<Policy>('/accounts/registrations/policy');
  const { problem, busy, attempt } = useTry();
  const [why, setWhy] = useState('');
  const act = (what: () => Promise<unknown>) => { void attempt(what, () => { again(); reread(); onDone(); }); };
  return (
    <section className="card panel-pad">
      <div className="row wrap">
        <h3>{t('registrations.title')} {data ? `(${String(data.length)})` : ''}</h3>
        {review && told && (
          <label className="row"><span className="nb">{t('registrations.policy')}</span>
            <select className="input" value={told.policy} onChange={(event) => { const { value } = event.target; act(() => api.put('/accounts/registrations/policy', { policy: value })); }}>
              {POLICIES.map((policy) => <option key={policy} value={policy}>{t(`registrations.policies.${policy}`)}</option>)}
            </select>
          </label>
        )}
      </div>
      <ErrorNotice error={error ?? problem} onRetry={again} />
      {data && data.length > 0 && (
        <>
          <label className="field"><span className="label">{t('registrations.why')}</span><input className="input" value={why} onChange={(event) => { setWhy(event.target.value); }} /></label>
          <table className="table">
            <thead><tr><th scope="col">{t('people.name')}</th><th scope="col">{t('people.user')}</th><th scope="col">{t('people.kind')}</th><th scope="col">{t('people.idNumber')}</th><th scope="col">{t('people.phone')}</th><td /></tr></thead>
            <tbody>
              {data.map((asked) => (
                <tr key={asked.id}>
                  <th scope="row">{asked.name ?? '—'}</th>
                  <td className="mono">{asked.user}{asked.taken && <span className="note"> {t('registrations.taken')}</span>}</td>
                  <td>{t(`people.kinds.${asked.kind}`)}</td>
                  <td className="mono">{asked.id_number}</td>
                  <td className="mono">{asked.phone}</td>
                  <td className="row">
                    <Button disabled={busy} missing={asked.taken ? t('registrations.taken') : undefined} onClick={() => { act(() => api.post(`/accounts/registrations/${asked.id}/accept`)); }}>{t('registrations.accept')}</Button>
                    <Button kind="danger" disabled={busy} missing={why.trim().length < 2 ? t('people.whyFirst') : undefined} onClick={() => { act(() => api.post(`/accounts/registrations/${asked.id}/refuse`, { why })); }}>{t('registrations.refuse')}</Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </section>
  );
}
