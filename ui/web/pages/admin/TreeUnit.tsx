import { useState } from 'react';
import { api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { useAnswer } from '@/shared/api/useAnswer';
import { Button } from '@/shared/components/Button';
import { Dialog } from '@/shared/components/Dialog';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { toast } from '@/shared/components/Toast';
import { useMay } from '@/shared/console/session';
import { useT, useText } from '@/shared/i18n';
import { useTry } from './PeopleTry';
import { UnitPicker, type Unit } from './TreeUnitPicker';

type Detail = components['schemas']['UnitDetailOut'];
type People = components['schemas']['PeopleOut'];
type Act = (what: () => Promise<unknown>, done?: () => void) => void;

/** What stands in one unit, and all that can be done with it: everything that dragging does, by buttons too. */
export function TreeUnit({ id, onDone, onGone, onMove }: { id: string; onDone: () => void; onGone: () => void; onMove: (parent: Unit | null) => void }) {
  const t = useT();
  const text = useText();
  const manage = useMay('organisation.manage');
  const delegate = useMay('organisation.delegate');
  const path = `/accounts/units/${encodeURIComponent(id)}`;
  const { data, error, again } = useAnswer<Detail>(path);
  const { problem, busy, attempt } = useTry();
  const [adding, setAdding] = useState<'unit' | 'post' | 'name' | null>(null);
  const [target, setTarget] = useState<Unit | null>(null);
  const act: Act = (what, done = onDone) => { void attempt(what, () => { toast(t('people.saved'), 'ok'); done(); }); };
  const noTarget = target ? undefined : t('tree.targetFirst');
  return (
    <section className="card panel-pad org-unit" aria-label={data ? text(data.unit.name) : t('loading')}>
      <ErrorNotice error={error} onRetry={again} />
      {data && (
        <>
          <p className="note">{data.above.map((unit) => text(unit.name)).join(' › ')}</p>
          <h3>{text(data.unit.name)}</h3>
          {manage && (
            <div className="row wrap">
              <Button icon="plus" onClick={() => { setAdding('unit'); }}>{t('tree.add')}</Button>
              <Button icon="edit" onClick={() => { setAdding('name'); }}>{t('tree.rename')}</Button>
              {data.mine && <Button icon="trash" kind="danger" disabled={busy} onClick={() => { act(() => api.delete(path), onGone); }}>{t('tree.retire')}</Button>}
            </div>
          )}
          {manage && data.mine && (
            <div className="person-part">
              <UnitPicker label={t('tree.target')} value={target} onChange={setTarget} without={id} />
              <div className="row wrap">
                <Button disabled={busy} missing={noTarget} onClick={() => { onMove(target); }}>{t('tree.move')}</Button>
                <Button disabled={busy} missing={data.unit.parent ? undefined : t('tree.isTop')} onClick={() => { onMove(null); }}>{t('tree.moveTop')}</Button>
                <Button kind="danger" disabled={busy} missing={noTarget} onClick={() => { if (target) act(() => api.post(`${path}/merge`, { into: target.id }), onGone); }}>{t('tree.merge')}</Button>
              </div>
            </div>
          )}
          <Posts data={data} manage={manage} act={act} onAdd={() => { setAdding('post'); }} />
          <Managers data={data} may={delegate} act={act} path={path} />
        </>
      )}
      <ErrorNotice error={problem} />
      {adding === 'unit' && data && <TreeAdd parent={data.unit} onClose={() => { setAdding(null); }} onDone={onDone} />}
      {adding === 'post' && <Named title={t('tree.addPost')} onClose={() => { setAdding(null); }} onSend={(name) => api.post(`${path}/posts`, { name })} onDone={onDone} />}
      {adding === 'name' && data && <Named title={t('tree.rename')} name={data.unit.name} onClose={() => { setAdding(null); }} onSend={(name) => api.put(`${path}/name`, { name })} onDone={onDone} />}
    </section>
  );
}

function Posts({ data, manage, act, onAdd }: { data: Detail; manage: boolean; act: Act; onAdd: () => void }) {
  const t = useT();
  const text = useText();
  return (
    <div className="person-part">
      <div className="row wrap"><h4>{t('tree.posts')}</h4>{manage && <Button kind="quiet" icon="plus" onClick={onAdd}>{t('tree.addPost')}</Button>}</div>
      <ul className="plain">
        {data.posts.map((post) => (
          <li key={post.id} className="row wrap">
            <span><b>{text(post.name)}</b> {post.people.map((person) => person.name ?? person.user).join('、') || <span className="note">{t('tree.vacant')}</span>}</span>
            {manage && post.people.length === 0 && <Button kind="quiet" icon="trash" aria-label={t('tree.retirePost', { name: text(post.name) })} onClick={() => { act(() => api.delete(`/accounts/posts/${post.id}`)); }} />}
          </li>
        ))}
        {data.posts.length === 0 && <li className="note">{t('tree.noPosts')}</li>}
      </ul>
    </div>
  );
}

function Managers({ data, may, act, path }: { data: Detail; may: boolean; act: Act; path: string }) {
  const t = useT();
  const [words, setWords] = useState('');
  const { data: found } = useAnswer<People>(may && words.trim().length > 1 ? '/accounts/users' : null, { q: words.trim(), kind: 'staff', limit: 5 });
  return (
    <div className="person-part">
      <h4>{t('tree.managers')}</h4>
      <ul className="plain">
        {data.managers.map((person) => (
          <li key={person.id} className="row">
            <span>{person.name ?? person.user}</span>
            {may && <Button kind="quiet" onClick={() => { act(() => api.delete(`${path}/managers/${person.id}`)); }}>{t('tree.revoke')}</Button>}
          </li>
        ))}
        {data.managers.length === 0 && <li className="note">{t('tree.noManagers')}</li>}
      </ul>
      {may && (
        <>
          <label className="field"><span className="label">{t('tree.addManager')}</span><input className="input" type="search" autoComplete="off" placeholder={t('people.searchHint')} value={words} onChange={(event) => { setWords(event.target.value); }} /></label>
          <ul className="plain">{(found?.people ?? []).map((person) => <li key={person.id}><Button kind="quiet" onClick={() => { act(() => api.post(`${path}/managers`, { person: person.id })); }}>{person.name ?? '—'} · {person.user}</Button></li>)}</ul>
        </>
      )}
    </div>
  );
}

/** A new unit below one, or at the top. */
export function TreeAdd({ parent, onClose, onDone }: { parent: Unit | null; onClose: () => void; onDone: () => void }) {
  const t = useT();
  const text = useText();
  const title = parent ? t('tree.addBelow', { name: text(parent.name) }) : t('tree.addTop');
  return <Named title={title} onClose={onClose} onSend={(name) => api.post('/accounts/units', { name, parent: parent?.id ?? null })} onDone={onDone} />;
}

function Named({ title, name, onClose, onSend, onDone }: { title: string; name?: { zh: string; en: string }; onClose: () => void; onSend: (name: { zh: string; en: string }) => Promise<unknown>; onDone: () => void }) {
  const t = useT();
  const { problem, busy, attempt } = useTry();
  const [zh, setZh] = useState(name?.zh ?? '');
  const [en, setEn] = useState(name?.en ?? '');
  return (
    <Dialog
      open title={title} onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="primary" disabled={busy} missing={zh.trim() ? undefined : t('tree.nameFirst')} onClick={() => { void attempt(() => onSend({ zh: zh.trim(), en: en.trim() || zh.trim() }), () => { onClose(); onDone(); }); }}>{t('people.save')}</Button>
        </>
      }
    >
      <label className="field"><span className="label">{t('roles.zh')}</span><input className="input" lang="zh-CN" value={zh} onChange={(event) => { setZh(event.target.value); }} /></label>
      <label className="field"><span className="label">{t('roles.en')}</span><input className="input" lang="en" value={en} onChange={(event) => { setEn(event.target.value); }} /></label>
      <ErrorNotice error={problem} />
    </Dialog>
  );
}
