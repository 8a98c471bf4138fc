import { useState } from 'react';
import { upload } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { Button } from '@/shared/components/Button';
import { Dialog } from '@/shared/components/Dialog';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useT, useText } from '@/shared/i18n';
import { useTry } from './PeopleTry';

type Report = components['schemas']['ImportReportOut'];

/** A list of people from Excel: tried first, taken after one has read what is wrong with it. */
export function PeopleImport({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const t = useT();
  const text = useText();
  const { problem, busy, attempt, clear } = useTry();
  const [file, setFile] = useState<File | null>(null);
  const [report, setReport] = useState<Report | null>(null);
  const send = (query: { dry: boolean; partial: boolean }) => attempt(async () => {
    if (!file) return;
    const told = await upload<Report>('/accounts/import', query, file, () => undefined);
    setReport(told);
    if (told.taken) onDone();
  });
  const bad = report ? new Set(report.bad.map((cell) => cell.row)).size : 0;
  const good = report ? report.rows - bad : 0;
  return (
    <Dialog
      open title={t('import.title')} onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('close')}</Button>
          {(!report || report.taken) && <Button kind="primary" disabled={busy} missing={file ? undefined : t('import.choose')} onClick={() => { void send({ dry: true, partial: false }); }}>{t('import.try')}</Button>}
          {report && !report.taken && <Button kind="primary" disabled={busy} missing={good > 0 ? undefined : t('import.nothing')} onClick={() => { void send({ dry: false, partial: bad > 0 }); }}>{t('import.take', { n: good })}</Button>}
        </>
      }
    >
      <p className="note">{t('import.lead')} <a href="/api/v1/accounts/import/template" download="people.xlsx">{t('import.template')}</a></p>
      <label className="field"><span className="label">{t('import.file')}</span>
        <input className="input" type="file" accept=".xlsx" onChange={(event) => { setFile(event.target.files?.[0] ?? null); setReport(null); clear(); }} />
      </label>
      {report && (
        <section aria-live="polite" className="import-report">
          <p><b>{report.taken ? t('import.taken') : t('import.tried')}</b> {t('import.counts', { rows: report.rows, created: report.created, changed: report.changed, same: report.same, bad })}</p>
          {report.bad.length > 0 && (
            <table className="table card">
              <thead><tr><th scope="col">{t('import.row')}</th><th scope="col">{t('import.column')}</th><th scope="col">{t('import.wrong')}</th></tr></thead>
              <tbody>{report.bad.map((cell, n) => <tr key={n}><td className="figure" data-some>{cell.row}</td><td>{t(`import.columns.${cell.column}`)}</td><td>{text(cell.text)}</td></tr>)}</tbody>
            </table>
          )}
        </section>
      )}
      <ErrorNotice error={problem} />
    </Dialog>
  );
}
