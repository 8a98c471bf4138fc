/** 代办. An enterprise names who may act for it and takes it back; a citizen sees for whom they may. */
import { useState, type FormEvent } from 'react';
import { api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { useAnswer } from '@/shared/api/useAnswer';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { toast } from '@/shared/components/Toast';
import { useActor } from '@/shared/console/session';
import { addWords, useT } from '@/shared/i18n';

type Person = components['schemas']['PersonOut'];
const called = (one: Person) => one.name ?? one.user;

addWords('agents', {
  zh: {
    title: '代办人', lead: '代办人用自己的账号登录，可以替本企业办事，直到您取消。请向代办人要他自己的用户名，不要把企业的密码给别人。',
    none: '还没有代办人。', user: '代办人的用户名', add: '添加', added: '已添加{{name}}', remove: '取消', removeOf: '取消{{name}}代办', sure: '确定取消{{name}}代办？他将立即不能替本企业办事。', yes: '确定取消', no: '不取消', removed: '已取消',
    mine: '我代办的企业', mineLead: '这些企业请您代办。要退出，请联系企业或到窗口。',
  },
  en: {
    title: 'Agents', lead: 'An agent signs in with an account of their own and may act for this enterprise until you take it back. Ask for their user name; never give away the password of the enterprise.',
    none: 'Nobody yet.', user: 'User name of the agent', add: 'Add', added: '{{name}} may act for you', remove: 'Take back', removeOf: 'Take back from {{name}}', sure: 'Take it back from {{name}}? They can no longer act for this enterprise, at once.', yes: 'Take it back', no: 'Leave it', removed: 'Taken back',
    mine: 'Enterprises I act for', mineLead: 'These asked you to act for them. To end it, ask the enterprise or a window.',
  },
});

export function Agents() {
  const { roles } = useActor();
  return <>{roles.includes('enterprise') && <OwnAgents />}{roles.includes('citizen') && <ActingFor />}</>;
}

function OwnAgents() {
  const t = useT();
  const path = `/accounts/enterprises/${encodeURIComponent(useActor().id.replace(/^user:/, ''))}/agents`;
  const { data, error, again } = useAnswer<Person[]>(path);
  const [user, setUser] = useState('');
  const [leaving, setLeaving] = useState<Person | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const run = (what: Promise<unknown>, told: string) => {
    setProblem(null);
    what.then(() => {
      toast(told, 'ok');
      setUser('');
      setLeaving(null);
      again();
    }, setProblem);
  };
  const add = (event: FormEvent) => {
    event.preventDefault();
    run(api.post(path, { user: user.trim() }), t('agents:added', { name: user.trim() }));
  };
  return (
    <section className="card" aria-labelledby="agents">
      <h2 id="agents">{t('agents:title')}</h2>
      <p className="note">{t('agents:lead')}</p>
      <ErrorNotice error={error ?? problem} onRetry={again} />
      {data?.length === 0 && <p>{t('agents:none')}</p>}
      <ul>
        {data?.map((one) => (
          <li key={one.id}>
            <div><strong>{called(one)}</strong> <span className="note">{one.user}</span></div>
            <Button kind="quiet" aria-label={t('agents:removeOf', { name: called(one) })} onClick={() => { setLeaving(one); }}>{t('agents:remove')}</Button>
          </li>
        ))}
      </ul>
      {leaving && (
        <div role="group" aria-label={t('agents:removeOf', { name: called(leaving) })}>
          <p>{t('agents:sure', { name: called(leaving) })}</p>
          <div className="row wrap">
            <Button kind="danger-fill" onClick={() => { run(api.delete(`${path}/${encodeURIComponent(leaving.id)}`), t('agents:removed')); }}>{t('agents:yes')}</Button>
            <Button autoFocus onClick={() => { setLeaving(null); }}>{t('agents:no')}</Button>
          </div>
        </div>
      )}
      <form onSubmit={add}>
        <label className="field"><span className="label">{t('agents:user')}</span><input className="input" autoComplete="off" autoCapitalize="none" required maxLength={40} value={user} onChange={(event) => { setUser(event.target.value); }} /></label>
        <Button type="submit" icon="plus">{t('agents:add')}</Button>
      </form>
    </section>
  );
}

function ActingFor() {
  const t = useT();
  const { data } = useAnswer<Person[]>('/accounts/me/enterprises');
  if (!data || data.length === 0) return null;
  return (
    <section className="card" aria-labelledby="acting-for">
      <h2 id="acting-for">{t('agents:mine')}</h2>
      <p className="note">{t('agents:mineLead')}</p>
      <ul>{data.map((one) => <li key={one.id}><div><strong>{called(one)}</strong></div></li>)}</ul>
    </section>
  );
}
