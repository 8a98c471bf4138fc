/** Who waits to be let in: devices that knocked with a code, and strangers that led nowhere. */
import { useState } from 'react';
import { api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import type { Answer } from '@/shared/api/useAnswer';
import { Button } from '@/shared/components/Button';
import { Dialog } from '@/shared/components/Dialog';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Freshness } from '@/shared/components/Freshness';
import { useHallData } from '@/shared/console/data';
import { useNames } from '@/shared/console/names';
import { useT, useText } from '@/shared/i18n';
import { useStamp } from './parts';
import { Waiting } from './Waiting';

export type LobbyInfo = components['schemas']['LobbyOut'];
type Guest = components['schemas']['GuestOut'];
type Invitation = components['schemas']['InvitationOut'];
const MINUTES = [15, 60, 8 * 60, 24 * 60] as const;
const SHOWN_STRANGERS = 200;

export function Lobby({ lobby: { data, error, again } }: { lobby: Answer<LobbyInfo> }) {
  const t = useT();
  const stamp = useStamp();
  const nameOf = useNames();
  const text = useText();
  const { kinds } = useHallData();
  const saidWords = (said: Record<string, string>) => Object.entries(said).filter(([, word]) => word).map(([name, word]) => `${t(`devices:field.${name}`, { defaultValue: name })} ${name === 'kind' ? text(kinds.get(word)?.label) || word : word}`).join(' · ');
  const [approving, setApproving] = useState<Guest | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const dismiss = (guest: Guest) => { setProblem(null); api.delete(`/admission/lobby/${encodeURIComponent(guest.user)}`).then(again, setProblem); };
  const strangers = data?.strangers ?? [];
  return (
    <div className="tab-body">
      <p className="note">{t('devices:lobby.lead')}</p>
      <ErrorNotice error={error ?? problem} onRetry={again} />
      <Invite onMade={again} />
      <section className="card panel-pad">
        <h3>{t('devices:lobby.guests')}</h3>
        {data?.guests.length === 0 && <p className="note">{t('devices:lobby.noGuests')}</p>}
        {data && data.guests.length > 0 && (
          <table className="table">
            <thead><tr><th scope="col">{t('devices:lobby.code')}</th><th scope="col">{t('devices:lobby.said')}</th><th scope="col">{t('devices:lobby.knocked')}</th><th scope="col">{t('devices:lobby.until')}</th><th scope="col">{t('devices:lobby.by')}</th><td /></tr></thead>
            <tbody>
              {data.guests.map((guest) => (
                <tr key={guest.user}>
                  <th scope="row">{guest.unasked ? <span>{t('devices:lobby.unasked', { address: guest.address ?? '…' })}</span> : <span className="mono">{guest.user}</span>}<span className="note second">{guest.unasked ? t('devices:lobby.sign', { sign: guest.user.slice(6, 14) }) : guest.note}</span></th>
                  <td>{guest.said ? saidWords(guest.said) : <span className="note">{t('devices:lobby.silent')}</span>}{guest.alike > 0 && <span className="note second">{t('devices:lobby.alike', { n: guest.alike })}</span>}</td>
                  <td>{guest.knocked_ms === null ? '—' : <Freshness tsMs={guest.knocked_ms} />}{guest.knocks > 0 && <span className="note second">{t('devices:lobby.since', { time: stamp(guest.created_ms), n: guest.knocks })}</span>}</td>
                  <td className="nb">{stamp(guest.expires_ms)}</td>
                  <td>{guest.unasked ? '—' : nameOf(guest.created_by)}</td>
                  <td className="nb">
                    {guest.device !== null ? <span className="note">{t('devices:lobby.approved', { key: guest.device })}</span> : guest.said !== null && <Button icon="check" onClick={() => { setApproving(guest); }}>{t('devices:lobby.approve')}</Button>}
                    {' '}<Button kind="quiet" icon="trash" aria-label={t('devices:lobby.dismiss', { user: guest.user })} title={t('devices:lobby.dismiss', { user: guest.user })} onClick={() => { dismiss(guest); }} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      <Waiting waiting={data?.waiting ?? []} saidWords={saidWords} again={again} />
      <section className="card panel-pad">
        <h3>{t('devices:lobby.strangers')}</h3>
        <p className="note">{t('devices:lobby.strangersNote')}</p>
        {strangers.length === 0 ? <p className="note">{t('devices:lobby.noStrangers')}</p> : (
          <table className="table">
            <thead><tr><th scope="col">{t('devices:lobby.who')}</th><th scope="col">{t('devices:bulk.why')}</th><th scope="col" className="figure">{t('devices:lobby.times')}</th><th scope="col">{t('devices:lobby.last')}</th><th scope="col">{t('devices:lobby.detail')}</th></tr></thead>
            <tbody>
              {strangers.slice(0, SHOWN_STRANGERS).map((stranger) => (
                <tr key={`${stranger.device ?? stranger.address ?? ''} ${stranger.reason}`}>
                  <th scope="row" className="mono">{stranger.device ?? stranger.address ?? t('devices:lobby.nobody')}</th>
                  <td>{t(`devices:reason.${stranger.reason}`, { defaultValue: stranger.reason })}</td>
                  <td className="figure" data-some="">{stranger.count.toLocaleString('en')}</td>
                  <td><Freshness tsMs={stranger.last_ms} /></td>
                  <td className="detail">{stranger.detail}{stranger.todo && <span className="note second">{text(stranger.todo)}</span>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {strangers.length > SHOWN_STRANGERS && <p className="note">{t('devices:lobby.more', { n: strangers.length - SHOWN_STRANGERS })}</p>}
      </section>
      {approving && <Approve guest={approving} onClose={() => { setApproving(null); }} onDone={() => { setApproving(null); again(); }} />}
    </div>
  );
}

function Invite({ onMade }: { onMade: () => void }) {
  const t = useT();
  const stamp = useStamp();
  const [count, setCount] = useState(1);
  const [minutes, setMinutes] = useState<number>(60);
  const [note, setNote] = useState('');
  const [made, setMade] = useState<readonly Invitation[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const make = async () => {
    setError(null);
    try {
      setMade(await api.post<Invitation[]>('/admission/invitations', { count, valid_s: minutes * 60, note: note.trim() }));
      onMade();
    } catch (reason) {
      setError(reason);
    }
  };
  return (
    <>
      <form className="admin-tools card" onSubmit={(event) => { event.preventDefault(); void make(); }}>
        <label className="field"><span className="label">{t('devices:lobby.count')}</span><input className="input" type="number" min={1} max={100} value={count} onChange={(event) => { setCount(Math.min(100, Math.max(1, Number(event.target.value) || 1))); }} /></label>
        <label className="field"><span className="label">{t('devices:lobby.valid')}</span><select className="input" value={minutes} onChange={(event) => { setMinutes(Number(event.target.value)); }}>{MINUTES.map((n) => <option key={n} value={n}>{t('minutes', { n })}</option>)}</select></label>
        <label className="field"><span className="label">{t('devices:lobby.note')}</span><input className="input" value={note} maxLength={200} placeholder={t('devices:lobby.noteHint')} onChange={(event) => { setNote(event.target.value); }} /></label>
        <Button type="submit" kind="primary" icon="qr">{t('devices:lobby.invite')}</Button>
      </form>
      <ErrorNotice error={error} />
      <Dialog open={made !== null} title={t('devices:lobby.codes')} onClose={() => { setMade(null); }} actions={<Button kind="primary" onClick={() => { setMade(null); }}>{t('devices:secret.kept')}</Button>}>
        <p className="note">{t('devices:lobby.codesNote')}</p>
        {made?.map((one) => (
          <div key={one.user} className="secret-body">
            <dl className="facts">
              <div><dt>{t('devices:secret.user')}</dt><dd className="mono">{one.user}</dd></div>
              <div><dt>{t('devices:secret.password')}</dt><dd className="mono secret-word">{one.password}</dd></div>
              <div><dt>{t('devices:lobby.until')}</dt><dd>{stamp(one.expires_ms)}</dd></div>
            </dl>
            <img src={`data:image/svg+xml;utf8,${encodeURIComponent(one.qr)}`} alt={t('devices:secret.qr', { user: one.user })} width="150" height="150" />
          </div>
        ))}
      </Dialog>
    </>
  );
}

function Approve({ guest, onClose, onDone }: { guest: Guest; onClose: () => void; onDone: () => void }) {
  const t = useT();
  const text = useText();
  const { kinds } = useHallData();
  const [key, setKey] = useState(guest.said?.serial ?? '');
  const [kind, setKind] = useState(kinds.has(guest.said?.kind ?? '') ? (guest.said?.kind ?? '') : '');
  const [why, setWhy] = useState('');
  const [error, setError] = useState<unknown>(null);
  const send = () => {
    setError(null);
    api.post(`/admission/lobby/${encodeURIComponent(guest.user)}/approve`, { key: key.trim(), kind: kind || null, why: why.trim() }).then(onDone, setError);
  };
  return (
    <Dialog
      open title={t('devices:lobby.approve')} onClose={onClose}
      actions={<><Button onClick={onClose}>{t('cancel')}</Button><Button kind="primary" missing={key.trim() ? undefined : t('devices:missingKey')} onClick={send}>{t('devices:lobby.approve')}</Button></>}
    >
      <p>{t('devices:lobby.approveAsk')}</p>
      <label className="field"><span className="label">{t('devices:field.key')}</span><input className="input mono" value={key} maxLength={64} autoFocus onChange={(event) => { setKey(event.target.value); }} /></label>
      <label className="field"><span className="label">{t('devices:field.kind')}</span>
        <select className="input" value={kind} onChange={(event) => { setKind(event.target.value); }}>
          <option value="">{t('devices:asPlaced')}</option>
          {[...kinds.values()].map((one) => <option key={one.kind} value={one.kind}>{text(one.label)}</option>)}
        </select>
      </label>
      <label className="field"><span className="label">{t('command.reason')}</span><input className="input" value={why} maxLength={200} onChange={(event) => { setWhy(event.target.value); }} /></label>
      <ErrorNotice error={error} />
    </Dialog>
  );
}
