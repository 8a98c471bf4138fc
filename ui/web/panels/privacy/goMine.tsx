/** What is kept of me, what I agreed to, and where I am signed in: seen, asked for and ended here. */
import { useState } from 'react';
import { api, ApiError } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { useAnswer } from '@/shared/api/useAnswer';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { addWords, useT, useText } from '@/shared/i18n';
import { MineConsents } from './goConsents';
import { MineSessions } from './goSessions';
import en from './go.en.json';
import zh from './go.zh.json';
import './go.css';

addWords('mine', { zh, en });
type Mine = components['schemas']['MineOut'];
type Request = components['schemas']['RequestOut'];

/** The wall's clock of this phone: a deadline is a day. */
const dayOf = (at: string) => new Date(at).toLocaleDateString('sv-SE');

export default function MineView() {
  const t = useT();
  const { data, error, again } = useAnswer<Mine>('/privacy/mine');
  if (error instanceof ApiError && error.status === 401) {
    return (
      <section className="card mine-in">
        <p>{t('mine:signIn')}</p>
        <a className="btn go-wide" data-kind="primary" data-size="large" href={`/login/?next=${encodeURIComponent('/go/#/mine')}`}>{t('mine:signInDo')}</a>
      </section>
    );
  }
  if (!data) return <><ErrorNotice error={error} onRetry={again} />{!error && <p className="note" aria-busy="true">{t('loading')}</p>}</>;
  return (
    <>
      <Held held={data.held} again={again} />
      <Requests requests={data.requests} again={again} />
      <MineConsents onChange={again} />
      <MineSessions />
    </>
  );
}

function Held({ held, again }: { held: Mine['held']; again: () => void }) {
  const t = useT();
  const text = useText();
  const [correcting, setCorrecting] = useState<string | null>(null);
  const [wish, setWish] = useState('');
  const [sure, setSure] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const ask = async (body: object) => {
    setProblem(null);
    try {
      const made = await api.post<Request>('/privacy/mine/requests', { ...body, channel: 'phone' });
      if (made.kind === 'access') await saveCopy(made.id);
      setCorrecting(null);
      setSure(false);
      setWish('');
      again();
    } catch (reason) {
      setProblem(reason);
    }
  };
  return (
    <section className="card mine-part" aria-labelledby="mine-held">
      <h2 id="mine-held">{t('mine:held')}</h2>
      <p className="note">{t('mine:heldLead')}</p>
      {held.length === 0 && <p>{t('mine:nothing')}</p>}
      <dl className="mine-held">
        {held.map((one, n) => (
          <div key={`${one.column}/${String(n)}`}>
            <dt>{text(one.label)}</dt>
            <dd className="mono">{one.value ?? t('mine:gone')}</dd>
            <dd className="note">{text(one.purpose)}</dd>
            {one.correctable && <dd><Button kind="quiet" aria-label={`${t('mine:correct')} ${text(one.label)}`} onClick={() => { setCorrecting(one.column); setWish(''); }}>{t('mine:correct')}</Button></dd>}
          </div>
        ))}
      </dl>
      {correcting && (
        <form className="mine-form" onSubmit={(event) => { event.preventDefault(); void ask({ kind: 'correction', field: correcting, text: wish }); }}>
          <label className="field"><span className="label">{t('mine:correctTo')}</span><input className="input" autoFocus maxLength={300} value={wish} onChange={(event) => { setWish(event.target.value); }} /></label>
          <div className="row wrap"><Button onClick={() => { setCorrecting(null); }}>{t('cancel')}</Button><Button type="submit" kind="primary" missing={wish.trim() ? undefined : t('mine:correctMissing')}>{t('mine:send')}</Button></div>
        </form>
      )}
      <div className="mine-acts">
        <Button icon="copy" onClick={() => { void ask({ kind: 'access' }); }}>{t('mine:copy')}</Button>
        {!sure && <Button kind="danger" onClick={() => { setSure(true); }}>{t('mine:erase')}</Button>}
      </div>
      {sure && (
        <div className="mine-form" role="group" aria-label={t('mine:erase')}>
          <p>{t('mine:eraseAsk')}</p>
          <div className="row wrap"><Button onClick={() => { setSure(false); }}>{t('cancel')}</Button><Button kind="danger-fill" onClick={() => { void ask({ kind: 'erasure' }); }}>{t('mine:eraseDo')}</Button></div>
        </div>
      )}
      <ErrorNotice error={problem} />
    </section>
  );
}

/** A file on this phone; the page itself keeps nothing of it. */
async function saveCopy(id: string): Promise<void> {
  const copy = await api.get<unknown>(`/privacy/mine/requests/${encodeURIComponent(id)}/copy`);
  const address = URL.createObjectURL(new Blob([JSON.stringify(copy, null, 1)], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = 'my-data.json';
  link.click();
  URL.revokeObjectURL(address);
}

function Requests({ requests, again }: { requests: readonly Request[]; again: () => void }) {
  const t = useT();
  const [answers, setAnswers] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<unknown>(null);
  const run = (what: Promise<unknown>, done: (told: unknown) => void) => { what.then(done, setProblem); };
  if (requests.length === 0) return null;
  return (
    <section className="card mine-part" aria-labelledby="mine-asked">
      <h2 id="mine-asked">{t('mine:asked')}</h2>
      <ul className="plain go-rows">
        {requests.map((one) => (
          <li key={one.id} className="mine-row">
            <span><b>{t(`mine:kind.${one.kind}`)}</b> · {t(`mine:state.${one.state}`)}</span>
            <span className="note">{one.state === 'open' ? t('mine:due', { day: dayOf(one.due) }) : dayOf(one.decided ?? one.made)}</span>
            {one.state === 'open' && <Button kind="quiet" onClick={() => { run(api.delete(`/privacy/mine/requests/${encodeURIComponent(one.id)}`), again); }}>{t('mine:withdraw')}</Button>}
            {one.state === 'refused' && !answers[one.id] && (
              <Button kind="quiet" onClick={() => { run(api.get<{ reason: string | null }>(`/privacy/mine/requests/${encodeURIComponent(one.id)}/answer`), (told) => { setAnswers({ ...answers, [one.id]: (told as { reason: string | null }).reason ?? '—' }); }); }}>{t('mine:why')}</Button>
            )}
            {answers[one.id] && <p className="mine-why"><Icon name="info" />{answers[one.id]}</p>}
          </li>
        ))}
      </ul>
      <ErrorNotice error={problem} />
    </section>
  );
}
