/** Sends the visitor on to another department: number and waiting time are kept. */
import { useEffect, useState, type FormEvent } from 'react';
import { api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { Button } from '@/shared/components/Button';
import { Dialog } from '@/shared/components/Dialog';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { toast } from '@/shared/components/Toast';
import { useT, useText } from '@/shared/i18n';
import { rangeText } from './board';
import { useDesk } from './deskState';

type Department = components['schemas']['DepartmentOut'];

export function TransferDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useT();
  const { window } = useDesk();
  return (
    <Dialog open={open} title={t('desk:transferTitle', { number: window.current?.number ?? '' })} onClose={onClose}>
      <TransferForm onClose={onClose} />
    </Dialog>
  );
}

function TransferForm({ onClose }: { onClose: () => void }) {
  const t = useT();
  const text = useText();
  const { window, busy, transfer } = useDesk();
  const [departments, setDepartments] = useState<readonly Department[]>([]);
  const [error, setError] = useState<unknown>(null);
  const [word, setWord] = useState('');
  const [chosen, setChosen] = useState('');
  const [why, setWhy] = useState('');
  useEffect(() => {
    api.get<Department[]>('/guide/departments').then(setDepartments, (reason: unknown) => { setError(reason); });
  }, []);
  const wanted = word.trim().toLowerCase();
  const shown = departments
    .filter((d) => d.id !== window.department && [d.id, ...Object.values(d.name), ...Object.values(d.short), ...d.windows].some((name) => name.toLowerCase().includes(wanted)))
    .sort((a, b) => Number(b.open_windows.length > 0) - Number(a.open_windows.length > 0));
  const target = departments.find((d) => d.id === chosen);
  const send = async (event: FormEvent) => {
    event.preventDefault();
    if (!target) return;
    const number = window.current?.number ?? '';
    const done = await transfer(target.id, why);
    if (done) toast(t('desk:transferDone', { number, department: text(target.short) }), 'ok');
    onClose();
  };
  return (
    <form className="desk-transfer" onSubmit={(event) => { void send(event); }}>
      <p>{t('desk:transferKeeps')}</p>
      <ErrorNotice error={error} />
      <input className="input" type="search" aria-label={t('desk:transferFind')} placeholder={t('desk:transferFind')} autoComplete="off" value={word} onChange={(event) => { setWord(event.target.value); }} />
      <fieldset>
        <legend className="sr-only">{t('desk:transferFind')}</legend>
        {shown.map((d) => {
          const serving = d.open_windows.length > 0;
          return (
            <label key={d.id} data-off={serving ? undefined : ''}>
              <input type="radio" name="department" value={d.id} checked={chosen === d.id} disabled={!serving} onChange={() => { setChosen(d.id); }} />
              <span>{text(d.name)}</span>
              <span className="desk-quiet nb">
                {serving ? `${t('desk:peopleWait', { n: d.waiting ?? 0 })}${d.wait_min ? ` · ${t('desk:waitRange', { range: rangeText(d.wait_min) })}` : ''}` : t('desk:noWindow')}
              </span>
            </label>
          );
        })}
        {departments.length > 0 && shown.length === 0 && <p className="desk-quiet">{t('noResult')}</p>}
      </fieldset>
      <div className="field">
        <label htmlFor="why">{t('desk:transferWhy')}</label>
        <input id="why" className="input" maxLength={200} value={why} onChange={(event) => { setWhy(event.target.value); }} />
      </div>
      <div className="dialog-actions">
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button type="submit" kind="primary" missing={target ? undefined : t('desk:transferNone')} aria-disabled={busy || undefined}>{t('desk:transferGo')}</Button>
      </div>
    </form>
  );
}
