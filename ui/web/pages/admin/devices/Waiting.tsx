/** What appeared unasked and could be let in: a device, a foreign address, a grant, another kind; approved or sent away. */
import { useState } from 'react';
import { api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { Button } from '@/shared/components/Button';
import { Dialog } from '@/shared/components/Dialog';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Freshness } from '@/shared/components/Freshness';
import { useHallData } from '@/shared/console/data';
import { useT, useText } from '@/shared/i18n';
import { useStamp } from './parts';

type WaitingInfo = components['schemas']['WaitingOut'];

export function Waiting({ waiting, saidWords, again }: { waiting: readonly WaitingInfo[]; saidWords: (said: Record<string, string>) => string; again: () => void }) {
  const t = useT();
  const stamp = useStamp();
  const [approving, setApproving] = useState<WaitingInfo | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const dismiss = (one: WaitingInfo) => { setProblem(null); api.delete(`/admission/unasked/${one.id}`).then(again, setProblem); };
  return (
    <section className="card panel-pad">
      <h3>{t('devices:lobby.waiting')}</h3>
      <p className="note">{t('devices:lobby.waitingNote')}</p>
      <ErrorNotice error={problem} />
      {waiting.length === 0 ? <p className="note">{t('devices:lobby.noWaiting')}</p> : (
        <table className="table">
          <thead><tr><th scope="col">{t('devices:lobby.who')}</th><th scope="col">{t('devices:lobby.lacks')}</th><th scope="col">{t('devices:lobby.said')}</th><th scope="col">{t('devices:lobby.first')}</th><th scope="col">{t('devices:lobby.last')}</th><th scope="col" className="figure">{t('devices:lobby.times')}</th><td /></tr></thead>
          <tbody>
            {waiting.map((one) => (
              <tr key={one.id}>
                <th scope="row"><span className="mono">{one.name}</span>{one.via !== null && <span className="note second">{t('devices:lobby.via', { key: one.via })}</span>}</th>
                <td>{t(`devices:lobby.what.${one.what}`, { convention: one.convention && t(`devices:convention.${one.convention}`) })}</td>
                <td className="detail">{saidWords(one.said) || <span className="note">—</span>}</td>
                <td className="nb">{stamp(one.first_ms)}</td>
                <td><Freshness tsMs={one.last_ms} /></td>
                <td className="figure">{one.times.toLocaleString('en')}</td>
                <td className="nb">
                  <Button icon="check" onClick={() => { setApproving(one); }}>{t('devices:lobby.approve')}</Button>
                  {' '}<Button kind="quiet" icon="trash" aria-label={t('devices:lobby.dismiss', { user: one.name })} title={t('devices:lobby.dismiss', { user: one.name })} onClick={() => { dismiss(one); }} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {approving && <ApproveWaiting one={approving} onClose={() => { setApproving(null); }} onDone={() => { setApproving(null); again(); }} />}
    </section>
  );
}

/** A foreign address needs to be told which device it is; the others are told by their key. */
function ApproveWaiting({ one, onClose, onDone }: { one: WaitingInfo; onClose: () => void; onDone: () => void }) {
  const t = useT();
  const text = useText();
  const { kinds } = useHallData();
  const foreign = one.what === 'binding';
  const [key, setKey] = useState(foreign ? (one.via ?? '') : one.name);
  const [kind, setKind] = useState(kinds.has(one.said.kind ?? '') ? (one.said.kind ?? '') : '');
  const [why, setWhy] = useState('');
  const [error, setError] = useState<unknown>(null);
  const send = () => {
    setError(null);
    api.post(`/admission/unasked/${one.id}/approve`, { key: foreign ? key.trim() : null, kind: kind || null, why: why.trim() }).then(onDone, setError);
  };
  return (
    <Dialog
      open title={t('devices:lobby.approveAs', { name: one.name })} onClose={onClose}
      actions={<><Button onClick={onClose}>{t('cancel')}</Button><Button kind="primary" missing={key.trim() ? undefined : t('devices:missingKey')} onClick={send}>{t('devices:lobby.approve')}</Button></>}
    >
      <p>{t(`devices:lobby.ask.${one.what}`, { via: one.via ?? '' })}</p>
      {foreign && <label className="field"><span className="label">{t('devices:field.key')}</span><input className="input mono" value={key} maxLength={64} autoFocus onChange={(event) => { setKey(event.target.value); }} /></label>}
      <label className="field"><span className="label">{t('devices:field.kind')}</span>
        <select className="input" value={kind} onChange={(event) => { setKind(event.target.value); }}>
          <option value="">{t('devices:asPlaced')}</option>
          {[...kinds.values()].map((each) => <option key={each.kind} value={each.kind}>{text(each.label)}</option>)}
        </select>
      </label>
      <label className="field"><span className="label">{t('command.reason')}</span><input className="input" value={why} maxLength={200} onChange={(event) => { setWhy(event.target.value); }} /></label>
      <ErrorNotice error={error} />
    </Dialog>
  );
}
