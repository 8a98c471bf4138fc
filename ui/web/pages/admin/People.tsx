import { useState } from 'react';
import { api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { Button } from '@/shared/components/Button';
import { Dialog } from '@/shared/components/Dialog';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { toast } from '@/shared/components/Toast';
import { useT } from '@/shared/i18n';
import { useMay } from '@/shared/console/session';
import { useAnswer } from '@/shared/api/useAnswer';

type Person = components['schemas']['PersonOut'];
const ROLES = ['manager', 'security', 'clerk', 'admin'] as const;
const EMPTY = { name: '', user: '', password: '', roles: ['clerk'] as string[] };

export function People() {
  const t = useT();
  const may = useMay('accounts.manage');
  const { data, error, again } = useAnswer<Person[]>('/accounts/users');
  const [adding, setAdding] = useState(false);
  const [leaving, setLeaving] = useState<Person | null>(null);
  const [draft, setDraft] = useState(EMPTY);
  const [problem, setProblem] = useState<unknown>(null);
  const run = async (what: () => Promise<unknown>, done: () => void) => {
    setProblem(null);
    try {
      await what();
      done();
      again();
    } catch (reason) {
      setProblem(reason);
    }
  };
  const missing = draft.name && draft.user && draft.password && draft.roles.length > 0 ? undefined : t('people.missing');
  return (
    <>
      <ErrorNotice error={error} onRetry={again} />
      {may && <div className="admin-tools"><Button icon="plus" onClick={() => { setDraft(EMPTY); setProblem(null); setAdding(true); }}>{t('people.add')}</Button></div>}
      <table className="table card">
        <thead><tr><th scope="col">{t('people.name')}</th><th scope="col">{t('people.user')}</th><th scope="col">{t('people.roles')}</th><th scope="col">{t('people.created')}</th><td /></tr></thead>
        <tbody>
          {(data ?? []).map((person) => (
            <tr key={person.id}>
              <th scope="row">{person.name ?? '—'}</th>
              <td className="mono">{person.user}</td>
              <td>{person.roles.map((role) => t(`role.${role}`)).join('、')}</td>
              <td className="note">{person.created.slice(0, 10)}</td>
              <td>{person.disabled ? <span className="note">{t('people.disabled')}</span> : may && <Button kind="quiet" onClick={() => { setProblem(null); setLeaving(person); }}>{t('people.remove')}</Button>}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Dialog
        open={adding} title={t('people.add')} onClose={() => { setAdding(false); }}
        actions={
          <>
            <Button onClick={() => { setAdding(false); }}>{t('cancel')}</Button>
            <Button kind="primary" missing={missing} onClick={() => { void run(() => api.post('/accounts/users', draft), () => { setAdding(false); toast(t('people.added', { name: draft.name }), 'ok'); }); }}>{t('people.add')}</Button>
          </>
        }
      >
        <label className="field"><span className="label">{t('people.name')}</span><input className="input" value={draft.name} onChange={(event) => { setDraft({ ...draft, name: event.target.value }); }} /></label>
        <label className="field"><span className="label">{t('people.user')}</span><input className="input" autoComplete="off" value={draft.user} onChange={(event) => { setDraft({ ...draft, user: event.target.value }); }} /></label>
        <label className="field"><span className="label">{t('people.password')}</span><input className="input" type="password" autoComplete="new-password" value={draft.password} onChange={(event) => { setDraft({ ...draft, password: event.target.value }); }} /></label>
        <fieldset className="roles">
          <legend>{t('people.roles')}</legend>
          {ROLES.map((role) => (
            <label key={role} className="row">
              <input type="checkbox" checked={draft.roles.includes(role)} onChange={(event) => { setDraft({ ...draft, roles: event.target.checked ? [...draft.roles, role] : draft.roles.filter((other) => other !== role) }); }} />
              {t(`role.${role}`)}
            </label>
          ))}
        </fieldset>
        <ErrorNotice error={problem} />
      </Dialog>
      <Dialog
        open={leaving !== null} title={t('people.remove')} onClose={() => { setLeaving(null); }}
        actions={
          <>
            <Button onClick={() => { setLeaving(null); }}>{t('cancel')}</Button>
            <Button kind="danger-fill" onClick={() => { if (leaving) void run(() => api.delete(`/accounts/users/${encodeURIComponent(leaving.id)}`), () => { setLeaving(null); }); }}>{t('people.remove')}</Button>
          </>
        }
      >
        <p>{t('people.removeAsk', { name: leaving?.name ?? leaving?.user ?? '' })}</p>
        <ErrorNotice error={problem} />
      </Dialog>
    </>
  );
}
