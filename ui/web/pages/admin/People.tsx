/** Who there is: found by name, unit, role and state, fifty at a time. */
import { useState } from 'react';
import type { components } from '@/shared/api/schema';
import { useAnswer } from '@/shared/api/useAnswer';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { SearchField } from '@/shared/components/SearchField';
import { useMay } from '@/shared/console/session';
import { useT, useText } from '@/shared/i18n';
import { PeopleAdd } from './PeopleAdd';
import { PeopleImport } from './PeopleImport';
import { PeoplePerson } from './PeoplePerson';
import { PeopleRegistrations } from './PeopleRegistrations';
import { UnitPicker, type Unit } from './TreeUnitPicker';

type Page = components['schemas']['PeopleOut'];
type Person = components['schemas']['PersonOut'];
type Roles = components['schemas']['RolesOut'];
const PAGE = 50;
const KINDS = ['staff', 'citizen', 'enterprise'] as const;
const STATES = ['active', 'stopped'] as const;

export function People() {
  const t = useT();
  const text = useText();
  const manage = useMay('accounts.manage');
  const answers = useMay('registrations.verify');
  const units = useMay('organisation.view');
  const { data: rights } = useAnswer<Roles>(useMay('roles.view') ? '/accounts/roles' : null);
  const [q, setQ] = useState('');
  const [unit, setUnit] = useState<Unit | null>(null);
  const [filter, setFilter] = useState({ role: '', kind: '', state: '' });
  /** Where each page began that one came through; the last is the one shown. */
  const [pages, setPages] = useState<readonly string[]>(['']);
  const [shown, setShown] = useState<string | null>(null);
  const [doing, setDoing] = useState<'add' | 'import' | null>(null);
  const { data, error, again } = useAnswer<Page>('/accounts/users', { q: q.trim(), unit: unit?.id ?? '', ...filter, after: pages.at(-1) ?? '', limit: PAGE });
  const narrow = (change: () => void) => { change(); setPages(['']); };
  const roleName = (key: string) => { const role = rights?.roles.find((one) => one.key === key); return role ? text(role.name) : key; };
  return (
    <>
      <div className="admin-tools people-tools card">
        <SearchField value={q} onChange={(value) => { narrow(() => { setQ(value); }); }} label={t('people.search')} placeholder={t('people.searchHint')} hotkey="/" />
        {units && <UnitPicker label={t('people.unit')} value={unit} onChange={(chosen) => { narrow(() => { setUnit(chosen); }); }} />}
        <Choice label={t('people.roles')} value={filter.role} onChange={(role) => { narrow(() => { setFilter({ ...filter, role }); }); }} options={(rights?.roles ?? []).map((role) => [role.key, text(role.name)])} />
        <Choice label={t('people.kind')} value={filter.kind} onChange={(kind) => { narrow(() => { setFilter({ ...filter, kind }); }); }} options={KINDS.map((kind) => [kind, t(`people.kinds.${kind}`)])} />
        <Choice label={t('people.state')} value={filter.state} onChange={(state) => { narrow(() => { setFilter({ ...filter, state }); }); }} options={STATES.map((state) => [state, t(`people.states.${state}`)])} />
        {manage && <Button icon="plus" kind="primary" onClick={() => { setDoing('add'); }}>{t('people.add')}</Button>}
        {manage && <Button icon="document" onClick={() => { setDoing('import'); }}>{t('import.title')}</Button>}
      </div>
      {answers && <PeopleRegistrations onDone={again} />}
      <ErrorNotice error={error} onRetry={again} />
      <div className="table-wide" tabIndex={0} role="region" aria-label={t('section.people')}>
        <table className="table card people-table">
          <thead><tr><th scope="col">{t('people.name')}</th><th scope="col">{t('people.user')}</th><th scope="col">{t('people.kind')}</th><th scope="col">{t('people.roles')}</th><th scope="col">{t('people.posts')}</th><th scope="col">{t('people.state')}</th></tr></thead>
          <tbody>{(data?.people ?? []).map((person) => <Row key={person.id} person={person} roleName={roleName} onOpen={() => { setShown(person.id); }} />)}</tbody>
        </table>
      </div>
      {data && (
        <div className="row wrap">
          <p className="note" role="status">{t('people.total', { n: data.total })}</p>
          <Button missing={pages.length > 1 ? undefined : t('people.firstPage')} onClick={() => { setPages(pages.slice(0, -1)); }}>{t('people.before')}</Button>
          <Button missing={data.next ? undefined : t('people.lastPage')} onClick={() => { if (data.next) setPages([...pages, data.next]); }}>{t('people.next')}</Button>
        </div>
      )}
      {shown && <PeoplePerson key={shown} id={shown} roles={rights?.roles ?? []} onClose={() => { setShown(null); }} onDone={again} />}
      {doing === 'add' && <PeopleAdd onClose={() => { setDoing(null); }} onDone={() => { setDoing(null); again(); }} />}
      {doing === 'import' && <PeopleImport onClose={() => { setDoing(null); }} onDone={again} />}
    </>
  );
}

function Row({ person, roleName, onOpen }: { person: Person; roleName: (key: string) => string; onOpen: () => void }) {
  const t = useT();
  const text = useText();
  return (
    <tr>
      <th scope="row"><Button kind="quiet" aria-haspopup="dialog" onClick={onOpen}>{person.name ?? '—'}</Button></th>
      <td className="mono">{person.user}</td>
      <td>{t(`people.kinds.${person.kind}`)}</td>
      <td>{person.roles.map(roleName).join('、') || '—'}</td>
      <td>{person.posts.map((held) => `${text(held.unit_name)} · ${text(held.post_name)}`).join('；') || '—'}</td>
      <td>{person.disabled ? t('people.disabled') : t('people.states.active')}{person.must_change_password && <span className="note"> {t('people.mustChange')}</span>}</td>
    </tr>
  );
}

function Choice({ label, value, options, onChange }: { label: string; value: string; options: readonly (readonly [string, string])[]; onChange: (value: string) => void }) {
  const t = useT();
  return (
    <label className="field"><span className="label">{label}</span>
      <select className="input" value={value} onChange={(event) => { onChange(event.target.value); }}>
        <option value="">{t('people.all')}</option>
        {options.map(([key, name]) => <option key={key} value={key}>{name}</option>)}
      </select>
    </label>
  );
}
