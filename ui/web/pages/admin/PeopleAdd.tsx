import { useState } from 'react';
import { api } from '@/shared/api/client';
import { Button } from '@/shared/components/Button';
import { Dialog } from '@/shared/components/Dialog';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { toast } from '@/shared/components/Toast';
import { useT } from '@/shared/i18n';
import { useTry } from './PeopleTry';
import { PostPicker } from './PeoplePosts';

const KINDS = ['staff', 'citizen', 'enterprise'] as const;
const FIRST_ROLES = ['staff', 'clerk', 'editor'] as const;
const EMPTY = { name: '', user: '', password: '', phone: '', id_number: '', kind: 'staff' as (typeof KINDS)[number], roles: ['staff'] as string[], post: '' };

/** A new account. Roles beyond the ordinary are given afterwards, by the security administrator. */
export function PeopleAdd({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const t = useT();
  const { problem, busy, attempt } = useTry();
  const [draft, setDraft] = useState(EMPTY);
  const set = (change: Partial<typeof EMPTY>) => { setDraft({ ...draft, ...change }); };
  const missing = draft.name && draft.user && draft.password ? undefined : t('people.missing');
  const send = () => attempt(
    () => api.post('/accounts/users', {
      user: draft.user.trim(), password: draft.password, name: draft.name.trim(), kind: draft.kind,
      roles: draft.kind === 'staff' ? draft.roles : [], phone: draft.phone.trim() || null, id_number: draft.id_number.trim() || null, post: draft.post || null,
    }),
    () => { toast(t('people.added', { name: draft.name }), 'ok'); onDone(); },
  );
  return (
    <Dialog
      open title={t('people.add')} onClose={onClose}
      actions={<><Button onClick={onClose}>{t('cancel')}</Button><Button kind="primary" disabled={busy} missing={missing} onClick={() => { void send(); }}>{t('people.add')}</Button></>}
    >
      <label className="field"><span className="label">{t('people.kind')}</span>
        <select className="input" value={draft.kind} onChange={(event) => { set({ kind: event.target.value as typeof draft.kind, post: '' }); }}>
          {KINDS.map((kind) => <option key={kind} value={kind}>{t(`people.kinds.${kind}`)}</option>)}
        </select>
      </label>
      <label className="field"><span className="label">{t('people.name')}</span><input className="input" autoComplete="off" value={draft.name} onChange={(event) => { set({ name: event.target.value }); }} /></label>
      <label className="field"><span className="label">{t('people.user')}</span><input className="input" autoComplete="off" autoCapitalize="none" value={draft.user} onChange={(event) => { set({ user: event.target.value }); }} /></label>
      <label className="field"><span className="label">{t('people.password')}</span><input className="input" type="password" autoComplete="new-password" value={draft.password} onChange={(event) => { set({ password: event.target.value }); }} /><span className="note">{t('people.passwordHint')}</span></label>
      <label className="field"><span className="label">{t('people.phone')}</span><input className="input" inputMode="tel" autoComplete="off" value={draft.phone} onChange={(event) => { set({ phone: event.target.value }); }} /></label>
      <label className="field"><span className="label">{t('people.idNumber')}</span><input className="input" autoComplete="off" value={draft.id_number} onChange={(event) => { set({ id_number: event.target.value }); }} /></label>
      {draft.kind === 'staff' && (
        <>
          <fieldset className="roles">
            <legend>{t('people.roles')}</legend>
            {FIRST_ROLES.map((role) => (
              <label key={role} className="row">
                <input type="checkbox" checked={draft.roles.includes(role)} onChange={(event) => { set({ roles: event.target.checked ? [...draft.roles, role] : draft.roles.filter((other) => other !== role) }); }} />
                {t(`role.${role}`)}
              </label>
            ))}
          </fieldset>
          <PostPicker value={draft.post} onChange={(post) => { set({ post }); }} />
        </>
      )}
      <ErrorNotice error={problem} />
    </Dialog>
  );
}
