/** Letting devices in: one by its key and kind, or many from an Excel or CSV file that is looked through first. */
import { useId, useState } from 'react';
import { ApiError, api, upload } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { Choice } from '@/shared/aria/Choice';
import { Button } from '@/shared/components/Button';
import { Dialog } from '@/shared/components/Dialog';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { StatusMark } from '@/shared/components/StatusMark';
import { useHallData } from '@/shared/console/data';
import { useT, useText } from '@/shared/i18n';
import { type Credential, Secrets } from './Secrets';

type Table = components['schemas']['TableOut'];
type Defect = components['schemas']['DefectOut'];
const SHOWN_DEFECTS = 100;

export function EnrolDialog({ onClose }: { onClose: () => void }) {
  const t = useT();
  const [way, setWay] = useState<'one' | 'file'>('one');
  const [made, setMade] = useState<readonly Credential[] | null>(null);
  if (made) {
    return <Dialog open title={t('devices:secret.title')} onClose={onClose} actions={<Button kind="primary" onClick={onClose}>{t('devices:secret.kept')}</Button>}><Secrets made={made} /></Dialog>;
  }
  return (
    <Dialog open title={t('devices:enrol')} onClose={onClose}>
      <Choice label={t('devices:enrolWay.label')} options={[{ id: 'one', title: t('devices:enrolWay.one') }, { id: 'file', title: t('devices:enrolWay.file') }]} chosen={way} onChoose={setWay} />
      {way === 'one' ? <One onMade={setMade} onClose={onClose} /> : <FromFile onMade={setMade} onClose={onClose} />}
    </Dialog>
  );
}

interface Props { onMade: (made: readonly Credential[]) => void; onClose: () => void }

function One({ onMade, onClose }: Props) {
  const t = useT();
  const text = useText();
  const { kinds } = useHallData();
  const [wish, setWish] = useState({ key: '', kind: '', zh: '', via: '', why: '' });
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const key = wish.key.trim();
  const set = (name: keyof typeof wish) => (event: { target: { value: string } }) => { setWish({ ...wish, [name]: event.target.value }); };
  const send = async () => {
    setBusy(true);
    setError(null);
    try {
      const name = wish.zh.trim();
      onMade(await api.post<Credential[]>('/admission/devices', { devices: [{ key, kind: wish.kind || null, name: name ? { zh: name } : null, via: wish.via.trim() || null }], why: wish.why.trim() }));
    } catch (reason) {
      setError(reason);
      setBusy(false);
    }
  };
  return (
    <form className="enrol-form" onSubmit={(event) => { event.preventDefault(); if (key) void send(); }}>
      <label className="field"><span className="label">{t('devices:field.key')}</span><input className="input mono" value={wish.key} maxLength={64} autoFocus autoComplete="off" onChange={set('key')} /></label>
      <label className="field"><span className="label">{t('devices:field.kind')}</span>
        <select className="input" value={wish.kind} onChange={set('kind')}>
          <option value="">{t('devices:asPlaced')}</option>
          {[...kinds.values()].map((kind) => <option key={kind.kind} value={kind.kind}>{text(kind.label)}</option>)}
        </select>
      </label>
      <label className="field"><span className="label">{t('devices:field.name')}</span><input className="input" value={wish.zh} maxLength={60} placeholder={t('devices:nameHint')} onChange={set('zh')} /></label>
      <label className="field"><span className="label">{t('devices:field.via')}</span><input className="input mono" value={wish.via} maxLength={64} placeholder={t('devices:viaHint')} onChange={set('via')} /></label>
      <label className="field"><span className="label">{t('command.reason')}</span><input className="input" value={wish.why} maxLength={200} onChange={set('why')} /></label>
      <Defects error={error} />
      <div className="dialog-actions"><Button onClick={onClose}>{t('cancel')}</Button><Button type="submit" kind="primary" disabled={busy} missing={key ? undefined : t('devices:missingKey')}>{t('devices:enrolOne')}</Button></div>
    </form>
  );
}

/** Every defect the hall listed, else what went wrong. */
function Defects({ error }: { error: unknown }) {
  const defects = error instanceof ApiError ? (error.problem.defects as Defect[] | undefined) : undefined;
  return <><ErrorNotice error={error} />{defects?.every((defect) => typeof defect.what === 'object') && <DefectList defects={defects} />}</>;
}

function DefectList({ defects }: { defects: readonly Defect[] }) {
  const t = useT();
  const text = useText();
  return (
    <ul className="defects">
      {defects.slice(0, SHOWN_DEFECTS).map((defect) => <li key={`${String(defect.row)} ${text(defect.what)}`} className="row"><StatusMark state={3} size={16} /><span>{t('devices:row', { n: defect.row })} <b className="mono">{defect.key}</b> {text(defect.what)}</span></li>)}
      {defects.length > SHOWN_DEFECTS && <li className="note">{t('devices:moreDefects', { n: defects.length - SHOWN_DEFECTS })}</li>}
    </ul>
  );
}

function FromFile({ onMade, onClose }: Props) {
  const t = useT();
  const id = useId();
  const [file, setFile] = useState<File | null>(null);
  const [seen, setSeen] = useState<Table | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const bad = new Set(seen?.defects.map((defect) => defect.row));
  const good = seen ? Math.max(0, seen.devices.length - bad.size) : 0;
  const ask = async (what: File, look: boolean) => {
    setBusy(true);
    setError(null);
    try {
      const table = await upload<Table>('/admission/table', { look, skip_bad: !look }, what, () => undefined);
      if (look) setSeen(table);
      else onMade(table.enrolled);
    } catch (reason) {
      setError(reason);
      setSeen(null);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="enrol-form">
      <p className="note">{t('devices:fileNote')}</p>
      <input
        id={id} className="sr-only" type="file" accept=".xlsx,.csv"
        onChange={(event) => {
          const chosen = event.target.files?.[0];
          event.target.value = '';
          if (!chosen) return;
          setFile(chosen);
          void ask(chosen, true);
        }}
      />
      <label htmlFor={id} className="btn"><Icon name="up" />{file ? file.name : t('devices:chooseFile')}</label>
      {seen && <p role="status"><b>{t('devices:fileSeen', { good, bad: bad.size })}</b></p>}
      {seen && seen.defects.length > 0 && <DefectList defects={seen.defects} />}
      <ErrorNotice error={error} />
      <div className="dialog-actions">
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button kind="primary" disabled={busy} missing={good > 0 ? undefined : t('devices:nothingToEnrol')} onClick={() => { if (file) void ask(file, false); }}>{t(bad.size > 0 ? 'devices:enrolGood' : 'devices:enrolAll', { n: good })}</Button>
      </div>
    </div>
  );
}
