/** Where work on the map begins: a file, the map as it is, or a draft left open; and every version there was. */
import { useId, useState } from 'react';
import { api, upload } from '@/shared/api/client';
import { useAnswer } from '@/shared/api/useAnswer';
import { Button } from '@/shared/components/Button';
import { Dialog } from '@/shared/components/Dialog';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { useT, useText } from '@/shared/i18n';
import { useHallData } from '@/shared/console/data';
import { useNames } from '@/shared/console/names';
import { useMay } from '@/shared/console/session';
import { draftPath, type Draft, type Limits } from './draft';
import { History } from './History';

const FORMAT_NAMES: Record<string, string> = { hall: 'halltwin JSON', ifc: 'IFC', osm: 'OpenStreetMap', imdf: 'IMDF', indoorgml: 'IndoorGML', wrld: 'WRLD GeoJSON' };

export function Start({ onOpen }: { onOpen: (id: string) => void }) {
  const t = useT();
  const text = useText();
  const may = useMay('building.manage');
  const fileId = useId();
  const nameOf = useNames();
  const { timezone } = useHallData();
  const limits = useAnswer<Limits>('/building/limits');
  const drafts = useAnswer<Draft[]>('/building/drafts');
  const [sent, setSent] = useState<number | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [leaving, setLeaving] = useState<Draft | null>(null);
  const [over, setOver] = useState(false);
  const most = limits.data?.upload_bytes ?? Infinity;

  const begin = async (making: Promise<Draft>) => {
    setError(null);
    try {
      onOpen((await making).id);
    } catch (reason) {
      setError(reason);
    } finally {
      setSent(null);
    }
  };
  const take = (file: File | undefined) => {
    if (!file) return;
    if (file.size > most) {
      setError(new Error(t('map.tooLarge', { name: file.name, mb: megabytes(file.size), max: megabytes(most) })));
      return;
    }
    setSent(0);
    void begin(upload<Draft>('/building/drafts', { name: file.name }, file, setSent));
  };
  const discard = async () => {
    if (!leaving) return;
    try {
      await api.delete(draftPath(leaving.id));
      setLeaving(null);
      drafts.again();
    } catch (reason) {
      setError(reason);
    }
  };
  if (!may) return <p className="note">{t('map.noRight')}</p>;
  return (
    <div className="map-start">
      <ErrorNotice error={error ?? drafts.error} />
      <section
        className="card map-drop" data-over={over ? '' : undefined}
        onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => { setOver(false); }}
        onDrop={(event) => { event.preventDefault(); setOver(false); take(event.dataTransfer.files[0]); }}
      >
        <Icon name="plan" size={36} />
        <h3>{t('map.newPlan')}</h3>
        <p className="note">{t('map.newPlanNote', { formats: limits.data?.formats.map((name) => FORMAT_NAMES[name] ?? name).join(' · ') ?? '', max: megabytes(most) })}</p>
        {sent === null ? (
          <>
            <input id={fileId} className="sr-only" type="file" onChange={(event) => { take(event.target.files?.[0]); event.target.value = ''; }} />
            <label htmlFor={fileId} className="btn" data-kind="primary"><Icon name="up" />{t('map.choose')}</label>
          </>
        ) : <Progress share={sent} label={t('map.sending')} />}
      </section>
      <section className="card panel-pad">
        <h3>{t('map.asItIs')}</h3>
        <p className="note">{t('map.asItIsNote')}</p>
        <div className="row"><Button icon="edit" onClick={() => { void begin(api.post<Draft>('/building/drafts/current')); }}>{t('map.edit')}</Button></div>
        {drafts.data && drafts.data.length > 0 && (
          <>
            <h3>{t('map.open')}</h3>
            <ul className="rows">
              {drafts.data.map((draft) => (
                <li key={draft.id} className="map-draft">
                  <button type="button" className="link" onClick={() => { onOpen(draft.id); }}>{draft.file || t('map.ofCurrent')}</button>
                  <span className="note">{draft.state === 'failed' ? text(draft.error?.what) : t('map.draftNote', { by: nameOf(draft.by), n: draft.edits.length, time: new Date(draft.created_ms).toLocaleString('sv-SE', { timeZone: timezone }).slice(5, 16) })}</span>
                  <Button kind="quiet" icon="trash" aria-label={`${t('map.discard')} ${draft.file}`} onClick={() => { setLeaving(draft); }} />
                </li>
              ))}
            </ul>
          </>
        )}
      </section>
      <section className="card panel-pad"><History /></section>
      <Dialog
        open={leaving !== null} title={t('map.discard')} onClose={() => { setLeaving(null); }}
        actions={<><Button onClick={() => { setLeaving(null); }}>{t('cancel')}</Button><Button kind="danger-fill" onClick={() => { void discard(); }}>{t('map.discard')}</Button></>}
      >
        <p>{t('map.discardAsk', { name: leaving?.file ?? '', n: leaving?.edits.length ?? 0 })}</p>
      </Dialog>
    </div>
  );
}

export const megabytes = (bytes: number) => (Number.isFinite(bytes) ? `${(bytes / 1024 / 1024).toFixed(bytes < 10_485_760 ? 1 : 0)} MB` : '');

export function Progress({ share, label }: { share: number; label: string }) {
  return (
    <div className="map-progress">
      <progress max={1} value={share} aria-label={label} />
      <span className="note">{label} {Math.round(share * 100)} %</span>
    </div>
  );
}
