import { useState } from 'react';
import { api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { useAnswer } from '@/shared/api/useAnswer';
import { Button } from '@/shared/components/Button';
import { Dialog } from '@/shared/components/Dialog';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { toast } from '@/shared/components/Toast';
import { Reveal } from '@/shared/console/Reveal';
import { useMay } from '@/shared/console/session';
import { useT, useText } from '@/shared/i18n';
import { PostPicker } from './PeoplePosts';
import { PeopleSessions } from './PeopleSessions';
import { useTry } from './PeopleTry';

type Person = components['schemas']['PersonOut'];
type Role = components['schemas']['RoleOut'];
type NewPassword = components['schemas']['NewPasswordOut'];
type NewCode = components['schemas']['ResetCodeOut'];
type Proof = components['schemas']['ResetIn']['proof'];

/** One person: who they are, where they stand, what they may. Each of these is changed by whoever may change it. */
export function PeoplePerson({ id, roles, onClose, onDone }: { id: string; roles: readonly Role[]; onClose: () => void; onDone: () => void }) {
  const t = useT();
  const path = `/accounts/users/${encodeURIComponent(id)}`;
  const { data: person, error, again } = useAnswer<Person>(path);
  const { problem, busy, attempt } = useTry();
  const [why, setWhy] = useState('');
  const [proof, setProof] = useState<Proof | ''>('');
  const [made, setMade] = useState<string | null>(null);
  const manage = useMay('accounts.manage');
  const stop = useMay('accounts.stop');
  const grant = useMay('roles.grant');
  const sessions = useMay('sessions.manage');
  const factors = useMay('factors.reset');
  const act = (what: () => Promise<unknown>, words: string) => { void attempt(what, () => { toast(words, 'ok'); again(); onDone(); }); };
  const noWhy = why.trim().length < 2 ? t('people.whyFirst') : undefined;
  const noProof = noWhy ?? (proof ? undefined : t('people.proofFirst'));
  return (
    <Dialog open title={person ? `${person.name ?? '—'} · ${person.user}` : t('loading')} onClose={onClose} actions={<Button onClick={onClose}>{t('close')}</Button>}>
      <ErrorNotice error={error} onRetry={again} />
      {person && (
        <>
          <p className="note">{t(`people.kinds.${person.kind}`)}{person.disabled ? ` · ${t('people.disabled')}` : ''}{person.must_change_password ? ` · ${t('people.mustChange')}` : ''}</p>
          <Known person={person} />
          {manage && <Change key={`${person.name ?? ''}${person.phone ?? ''}`} person={person} busy={busy} onSend={(change) => { act(() => api.patch(path, change), t('people.saved')); }} />}
          {person.kind === 'staff' && <Posts person={person} may={manage} act={act} path={path} />}
          {sessions && <PeopleSessions path={path} busy={busy} act={act} />}
          {(stop || grant || manage) && (
            <section className="person-part">
              <label className="field"><span className="label">{t('people.why')}</span><input className="input" value={why} onChange={(event) => { setWhy(event.target.value); }} /></label>
              {grant && <Rights key={person.roles.join()} person={person} roles={roles} missing={noWhy} onSend={(given) => { act(() => api.put(`${path}/roles`, { roles: given, why }), t('people.saved')); }} />}
              {(stop || factors) && (
                <div className="row wrap">
                  <label className="field"><span className="label">{t('people.proof')}</span>
                    <select className="input" value={proof} onChange={(event) => { setProof(event.target.value as Proof | ''); }}>
                      <option value="">{t('people.proofs.none')}</option>
                      <option value="id_document">{t('people.proofs.id_document')}</option>
                      {person.kind === 'staff' && <option value="work_pass">{t('people.proofs.work_pass')}</option>}
                    </select>
                  </label>
                  {stop && <Button missing={noProof} disabled={busy} onClick={() => { act(async () => { setMade((await api.post<NewPassword>(`${path}/reset`, { why, proof })).password); }, t('people.resetDone')); }}>{t('people.reset')}</Button>}
                  {factors && <Button missing={noProof} disabled={busy} onClick={() => { act(async () => { setMade((await api.post<NewCode>(`${path}/factors/reset`, { why, proof })).code); }, t('people.factorsResetDone')); }}>{t('people.factorsReset')}</Button>}
                </div>
              )}
              <div className="row wrap">
                {stop && (person.disabled
                  ? <Button missing={noWhy} disabled={busy} onClick={() => { act(() => api.post(`${path}/start`, { why }), t('people.started')); }}>{t('people.start')}</Button>
                  : <Button kind="danger" missing={noWhy} disabled={busy} onClick={() => { act(() => api.post(`${path}/stop`, { why }), t('people.stopped')); }}>{t('people.stop')}</Button>)}
                {manage && person.name !== null && <Button kind="danger-fill" disabled={busy} missing={noWhy} onClick={() => { act(() => api.delete(path), t('people.erased')); }}>{t('people.erase')}</Button>}
              </div>
            </section>
          )}
          {made && <p className="notice" role="status"><span>{t('people.onetime')} <code className="mono">{made}</code></span></p>}
        </>
      )}
      <ErrorNotice error={problem} />
    </Dialog>
  );
}

/** What is known of them, masked; a colleague's name is not. */
function Known({ person }: { person: Person }) {
  const t = useT();
  const fields = [
    { column: 'name', what: t('people.name'), value: person.kind === 'staff' ? null : person.name },
    { column: 'phone', what: t('people.phone'), value: person.phone, none: t('people.noPhone') },
    { column: 'id', what: t('people.idNumber'), value: person.id_number, none: t('people.noId') },
  ];
  return (
    <dl className="person-known">
      {fields.filter(({ value, none }) => value !== null || none).map(({ column, what, value, none }) => (
        <div key={column}>
          <dt>{what}</dt>
          <dd>{value === null ? <span className="note">{none}</span> : <Reveal subject={`user:${person.id}`} field={`accounts.person.${column}_sealed`} what={what} masked={value} />}</dd>
        </div>
      ))}
    </dl>
  );
}

function Change({ person, busy, onSend }: { person: Person; busy: boolean; onSend: (change: { name?: string; phone?: string }) => void }) {
  const t = useT();
  const clear = person.kind === 'staff' ? (person.name ?? '') : '';
  const [name, setName] = useState(clear);
  const [phone, setPhone] = useState('');
  const change = { ...(name.trim() && name !== clear && { name: name.trim() }), ...(phone.trim() && { phone: phone.trim() }) };
  return (
    <section className="person-part row wrap">
      <label className="field"><span className="label">{t('people.name')}</span><input className="input" value={name} placeholder={person.name ?? ''} onChange={(event) => { setName(event.target.value); }} /></label>
      <label className="field"><span className="label">{t('people.newPhone')}</span><input className="input" inputMode="tel" autoComplete="off" value={phone} placeholder={person.phone ?? ''} onChange={(event) => { setPhone(event.target.value); }} /></label>
      <Button disabled={busy} missing={Object.keys(change).length > 0 ? undefined : t('people.nothing')} onClick={() => { onSend(change); }}>{t('people.save')}</Button>
    </section>
  );
}

function Posts({ person, may, act, path }: { person: Person; may: boolean; act: (what: () => Promise<unknown>, words: string) => void; path: string }) {
  const t = useT();
  const text = useText();
  const [post, setPost] = useState('');
  return (
    <section className="person-part">
      <h3>{t('people.posts')}</h3>
      <ul className="plain">
        {person.posts.map((held) => (
          <li key={`${held.post}${held.since}`} className="row">
            <span>{text(held.unit_name)} · {text(held.post_name)} <span className="note">{held.since.slice(0, 10)} – {held.until?.slice(0, 10) ?? t('people.now')}</span></span>
            {may && !held.until && <Button kind="quiet" onClick={() => { act(() => api.delete(`${path}/posts/${held.post}`), t('people.saved')); }}>{t('people.release')}</Button>}
          </li>
        ))}
        {person.posts.length === 0 && <li className="note">{t('people.noPosts')}</li>}
      </ul>
      {may && !person.disabled && (
        <>
          <PostPicker value={post} onChange={setPost} />
          {post && <Button onClick={() => { act(() => api.post(`${path}/posts`, { post }), t('people.saved')); setPost(''); }}>{t('people.place')}</Button>}
        </>
      )}
    </section>
  );
}

function Rights({ person, roles, missing, onSend }: { person: Person; roles: readonly Role[]; missing: string | undefined; onSend: (roles: string[]) => void }) {
  const t = useT();
  const text = useText();
  const [given, setGiven] = useState<readonly string[]>(person.roles);
  const offered = roles.filter(({ key }) => (person.kind === 'staff' ? key !== 'citizen' && key !== 'enterprise' : key === person.kind));
  return (
    <fieldset className="roles">
      <legend>{t('people.roles')}</legend>
      {offered.map(({ key, name }) => (
        <label key={key} className="row">
          <input type="checkbox" checked={given.includes(key)} onChange={(event) => { setGiven(event.target.checked ? [...given, key] : given.filter((other) => other !== key)); }} />
          {text(name)}
        </label>
      ))}
      <Button missing={missing} onClick={() => { onSend([...given]); }}>{t('people.grant')}</Button>
    </fieldset>
  );
}
