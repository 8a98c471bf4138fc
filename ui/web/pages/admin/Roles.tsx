/** Who may do what: a table that anybody can read, and the roles a house composes itself. */
import { useState } from 'react';
import { api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { useAnswer } from '@/shared/api/useAnswer';
import { Button } from '@/shared/components/Button';
import { Dialog } from '@/shared/components/Dialog';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { useMay } from '@/shared/console/session';
import { useT, useText } from '@/shared/i18n';
import { useTry } from './PeopleTry';

type Told = components['schemas']['RolesOut'];
type Role = components['schemas']['RoleOut'];
type Permission = components['schemas']['PermissionOut'];

export function Roles() {
  const t = useT();
  const text = useText();
  const grant = useMay('roles.grant');
  const { data, error, again } = useAnswer<Told>('/accounts/roles');
  const { problem, attempt } = useTry();
  const [editing, setEditing] = useState<Role | 'new' | null>(null);
  const [only, setOnly] = useState('');
  const roles = (data?.roles ?? []).filter((role) => !only || role.key === only);
  return (
    <>
      <p className="note">{t('roles.lead')}</p>
      <div className="admin-tools card">
        <label className="field"><span className="label">{t('roles.only')}</span>
          <select className="input" value={only} onChange={(event) => { setOnly(event.target.value); }}>
            <option value="">{t('people.all')}</option>
            {(data?.roles ?? []).map((role) => <option key={role.key} value={role.key}>{text(role.name)}</option>)}
          </select>
        </label>
        {grant && <Button icon="plus" kind="primary" onClick={() => { setEditing('new'); }}>{t('roles.add')}</Button>}
      </div>
      <ErrorNotice error={error ?? problem} onRetry={again} />
      <div className="table-wide" tabIndex={0} role="region" aria-label={t('section.roles')}>
        <table className="table card matrix">
          <thead>
            <tr>
              <th scope="col">{t('roles.permission')}</th>
              {roles.map((role) => (
                <th key={role.key} scope="col">
                  {text(role.name)}
                  <span className="note">{t('roles.people', { n: role.people })}</span>
                  {grant && !role.shipped && (
                    <span className="row">
                      <Button kind="quiet" icon="edit" aria-label={t('roles.change', { name: text(role.name) })} onClick={() => { setEditing(role); }} />
                      <Button kind="quiet" icon="trash" aria-label={t('roles.retire', { name: text(role.name) })} onClick={() => { void attempt(() => api.delete(`/accounts/roles/${role.key}`), again); }} />
                    </span>
                  )}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {(data?.permissions ?? []).map((permission) => (
              <tr key={permission.name}>
                <th scope="row">{text(permission.label)}</th>
                {roles.map((role) => <May key={role.key} may={role.permissions.includes(permission.name)} />)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {editing && data && <Edit role={editing === 'new' ? null : editing} permissions={data.permissions} onClose={() => { setEditing(null); }} onDone={() => { setEditing(null); again(); }} />}
    </>
  );
}

function May({ may }: { may: boolean }) {
  const t = useT();
  return <td data-may={may}>{may ? <><Icon name="check" /><span className="sr-only">{t('yes')}</span></> : <span className="sr-only">{t('no')}</span>}</td>;
}

function Edit({ role, permissions, onClose, onDone }: { role: Role | null; permissions: readonly Permission[]; onClose: () => void; onDone: () => void }) {
  const t = useT();
  const text = useText();
  const { problem, busy, attempt } = useTry();
  const [draft, setDraft] = useState({ key: role?.key ?? '', zh: role?.name.zh ?? '', en: role?.name.en ?? '', permissions: role?.permissions ?? [] });
  const missing = draft.key && draft.zh.trim() && draft.en.trim() ? undefined : t('roles.missing');
  const title = role ? t('roles.change', { name: text(role.name) }) : t('roles.add');
  const send = () => attempt(() => {
    const body = { name: { zh: draft.zh.trim(), en: draft.en.trim() }, permissions: draft.permissions };
    return role ? api.put(`/accounts/roles/${role.key}`, body) : api.post('/accounts/roles', { key: draft.key, ...body });
  }, onDone);
  return (
    <Dialog
      open title={title} onClose={onClose}
      actions={<><Button onClick={onClose}>{t('cancel')}</Button><Button kind="primary" disabled={busy} missing={missing} onClick={() => { void send(); }}>{t('people.save')}</Button></>}
    >
      {!role && <label className="field"><span className="label">{t('roles.key')}</span><input className="input mono" autoComplete="off" value={draft.key} onChange={(event) => { setDraft({ ...draft, key: event.target.value.trim() }); }} /><span className="note">{t('roles.keyHint')}</span></label>}
      <label className="field"><span className="label">{t('roles.zh')}</span><input className="input" lang="zh-CN" value={draft.zh} onChange={(event) => { setDraft({ ...draft, zh: event.target.value }); }} /></label>
      <label className="field"><span className="label">{t('roles.en')}</span><input className="input" lang="en" value={draft.en} onChange={(event) => { setDraft({ ...draft, en: event.target.value }); }} /></label>
      <fieldset className="roles">
        <legend>{t('roles.may')}</legend>
        {permissions.filter((permission) => permission.composable).map((permission) => (
          <label key={permission.name} className="row">
            <input
              type="checkbox" checked={draft.permissions.includes(permission.name)}
              onChange={(event) => { setDraft({ ...draft, permissions: event.target.checked ? [...draft.permissions, permission.name] : draft.permissions.filter((name) => name !== permission.name) }); }}
            />
            {text(permission.label)}
          </label>
        ))}
      </fieldset>
      <ErrorNotice error={problem} />
    </Dialog>
  );
}
