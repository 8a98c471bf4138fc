import { useState } from 'react';
import type { components } from '@/shared/api/schema';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { SearchField } from '@/shared/components/SearchField';
import { useT } from '@/shared/i18n';
import { useHallData } from '@/shared/console/data';
import { useNames } from '@/shared/console/names';
import { useAnswer } from '@/shared/api/useAnswer';

type Line = components['schemas']['AuditLineOut'];
const SHOWN = 200;

export function Audit() {
  const t = useT();
  const { timezone } = useHallData();
  const { data, error, again } = useAnswer<Line[]>('/audit', { limit: SHOWN });
  const nameOf = useNames();
  const [asked, setAsked] = useState('');
  const word = asked.trim().toLowerCase();
  const who = (line: Line) => nameOf(line.actor);
  const shown = (data ?? []).filter((line) => !word || [who(line), line.action, line.target, line.why].some((text) => text.toLowerCase().includes(word)));
  return (
    <>
      <p className="note">{t('audit.lead')}</p>
      <ErrorNotice error={error} onRetry={again} />
      <div className="admin-tools">
        <SearchField label={t('filter')} placeholder={t('filter')} value={asked} onChange={setAsked} />
        <Button icon="refresh" onClick={again}>{t('refresh')}</Button>
      </div>
      {data?.length === 0 && <p className="note">{t('audit.none')}</p>}
      <table className="table card">
        <thead><tr>{(['at', 'who', 'action', 'target', 'why', 'change'] as const).map((name) => <th key={name} scope="col">{t(`audit.${name}`)}</th>)}</tr></thead>
        <tbody>
          {shown.map((line) => (
            <tr key={line.id}>
              <td className="nb">{new Date(line.at_ms).toLocaleString('sv-SE', { timeZone: timezone })}</td>
              <td>{who(line)}</td>
              <td className="mono">{line.action}</td>
              <td className="mono">{line.target}</td>
              <td>{line.why}</td>
              <td className="mono change">{[line.before, line.after].map((side) => (side === null || side === undefined ? '—' : JSON.stringify(side))).join(' → ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
