/** One act on all picked devices: said before, carried out, and the outcome of each listed with its reason. */
import { useState } from 'react';
import { api, newKey } from '@/shared/api/client';
import type { Command, KindCommand } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { Dialog } from '@/shared/components/Dialog';
import { errorText } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { StatusMark } from '@/shared/components/StatusMark';
import { ArgumentField, type Arguments, filled, firstValues, REBIRTH, shownState } from '@/shared/console/Commands';
import { useLang, useT, useText } from '@/shared/i18n';
import { useLiveStore } from '@/shared/live/hooks';
import { eachOf, endOf, type Outcome } from './bulk';
import { csvOf, download } from './csv';
import type { Row } from './rows';

export type BulkAct = 'rebirth' | 'order' | 'revoke';
const WAITING: Outcome = { state: 'waiting', why: '' };

export function BulkDialog({ act, rows: picked, onClose }: { act: BulkAct; rows: readonly Row[]; onClose: () => void }) {
  const t = useT();
  const text = useText();
  const lang = useLang();
  const store = useLiveStore();
  /** The devices as they were when it was asked for: the list goes on changing behind. */
  const [rows] = useState(picked);
  const harmless = rows[0]?.kind?.commands.filter((command) => command.danger === 'none') ?? [];
  const [order, setOrder] = useState<KindCommand | undefined>(harmless[0]);
  const [values, setValues] = useState<Arguments>(() => firstValues(harmless[0]?.arguments ?? []));
  const [why, setWhy] = useState('');
  const [outcomes, setOutcomes] = useState<ReadonlyMap<string, Outcome> | null>(null);
  const keys = rows.map((row) => row.device.key);
  const tell = (key: string, outcome: Outcome) => { setOutcomes((before) => new Map(before ?? []).set(key, outcome)); };
  const whyOf = (reason: unknown) => errorText(reason, t, lang);

  const send = async (key: string, name: string, args: Arguments): Promise<Outcome> => {
    const sent = await api.post<Command>(`/devices/${encodeURIComponent(key)}/commands`, { name, args, reason: why.trim() }, { 'Idempotency-Key': newKey() });
    store.noteAnswer(sent);
    const end = await endOf(store, sent);
    if (!end) return { state: 'failed', why: t('devices:bulk.untold') };
    const words = [t(`command.state.${shownState(end)}`), end.why ? t(`command.why.${end.why}`) : end.detail].filter(Boolean).join(' · ');
    return { state: end.state === 'done' ? 'done' : 'failed', why: words };
  };
  const revoke = async () => {
    const enrolled = rows.filter((row) => row.device.enrolled).map((row) => row.device.key);
    for (const row of rows) if (!row.device.enrolled) tell(row.device.key, { state: 'failed', why: t('devices:noCredential') });
    let outcome: Outcome = { state: 'done', why: t('devices:bulk.revoked') };
    try {
      await api.post('/admission/revoke', { keys: enrolled, why: why.trim() });
    } catch (reason) {
      outcome = { state: 'failed', why: whyOf(reason) };
    }
    for (const key of enrolled) tell(key, outcome);
  };
  const begin = () => {
    setOutcomes(new Map(keys.map((key) => [key, WAITING])));
    if (act === 'revoke') void revoke();
    else void eachOf(keys, (key) => (act === 'rebirth' ? send(key, REBIRTH, {}) : send(key, order?.name ?? '', filled(values))), tell, whyOf);
  };

  const title = act === 'revoke' ? t('devices:act.revoke') : act === 'rebirth' ? t('command.rebirth') : t('devices:bulk.order');
  const lacking = order?.arguments.find((argument) => argument.required && values[argument.name] === '');
  const missing = act === 'order' && lacking ? t('command.missingArg', { name: text(lacking.label) }) : act === 'revoke' && !why.trim() ? t('command.missingReason') : undefined;
  return (
    <Dialog
      open title={title} onClose={onClose}
      actions={outcomes ? <Results rows={rows} outcomes={outcomes} onClose={onClose} /> : (
        <><Button onClick={onClose}>{t('cancel')}</Button><Button kind={act === 'revoke' ? 'danger-fill' : 'primary'} missing={missing} onClick={begin}>{t('devices:bulk.go', { what: title, n: keys.length })}</Button></>
      )}
    >
      {outcomes ? <Outcomes rows={rows} outcomes={outcomes} /> : (
        <>
          <p>{t(`devices:bulk.ask.${act}`, { n: keys.length })}</p>
          {act === 'order' && (
            <>
              <label className="field">
                <span className="label">{t('command.choose')}</span>
                <select className="input" value={order?.name} onChange={(event) => { const next = harmless.find((command) => command.name === event.target.value); setOrder(next); setValues(firstValues(next?.arguments ?? [])); }}>
                  {harmless.map((command) => <option key={command.name} value={command.name}>{text(command.label)}</option>)}
                </select>
              </label>
              {order?.arguments.map((argument) => <ArgumentField key={`${order.name} ${argument.name}`} argument={argument} value={values[argument.name] ?? ''} onChange={(value) => { setValues({ ...values, [argument.name]: value }); }} />)}
            </>
          )}
          {act !== 'rebirth' && <label className="field"><span className="label">{t('command.reason')}</span><input className="input" value={why} maxLength={200} onChange={(event) => { setWhy(event.target.value); }} /></label>}
          <p className="note bulk-keys mono">{keys.join(' · ')}</p>
        </>
      )}
    </Dialog>
  );
}

function Outcomes({ rows, outcomes }: { rows: readonly Row[]; outcomes: ReadonlyMap<string, Outcome> }) {
  const t = useT();
  const count = (state: Outcome['state']) => [...outcomes.values()].filter((outcome) => outcome.state === state).length;
  return (
    <>
      <p role="status"><b>{t('devices:bulk.sum', { done: count('done'), failed: count('failed'), waiting: count('waiting') })}</b></p>
      <div className="outcomes" tabIndex={0} role="region" aria-label={t('devices:bulk.results')}>
        <table className="table">
          <tbody>
            {rows.map((row) => {
              const { state, why } = outcomes.get(row.device.key) ?? WAITING;
              return (
                <tr key={row.device.id} data-outcome={state}>
                  <th scope="row">{row.name} <span className="note mono">{row.device.key}</span></th>
                  <td><span className="row">{state === 'done' ? <StatusMark state="ok" size={18} /> : <Icon name={state === 'waiting' ? 'clock' : 'warning'} />}{why || t(`devices:bulk.${state}`)}</span></td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Results({ rows, outcomes, onClose }: { rows: readonly Row[]; outcomes: ReadonlyMap<string, Outcome>; onClose: () => void }) {
  const t = useT();
  const save = () => {
    const line = (row: Row) => { const { state, why } = outcomes.get(row.device.key) ?? WAITING; return [row.device.key, row.name, t(`devices:bulk.${state}`), why]; };
    download('results.csv', csvOf([[t('devices:field.key'), t('devices:field.name'), t('devices:bulk.results'), t('devices:bulk.why')], ...rows.map(line)]));
  };
  return <><Button icon="download" onClick={save}>{t('devices:bulk.save')}</Button><Button kind="primary" onClick={onClose}>{t('close')}</Button></>;
}
