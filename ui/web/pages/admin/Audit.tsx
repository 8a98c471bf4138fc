/** The audit: whether it is whole, who did what, and a way to find it. */
import './audit/audit.css';
import { useState } from 'react';
import type { components } from '@/shared/api/schema';
import { useAnswer } from '@/shared/api/useAnswer';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useHallData } from '@/shared/console/data';
import { momentOf, momentWords } from '@/shared/console/moment';
import { useNames } from '@/shared/console/names';
import { addWords, useT } from '@/shared/i18n';
import en from './audit/en.json';
import { ANYTHING, AuditFind, type Wanted } from './audit/Find';
import { AuditLines } from './audit/Lines';
import { AuditState } from './audit/State';
import zh from './audit/zh.json';

addWords('audit', { zh, en });

type Page = components['schemas']['AuditPageOut'];
const SHOWN = 100;

export function Audit() {
  const t = useT();
  const { timezone } = useHallData();
  const nameOf = useNames();
  const { data: names } = useAnswer<Record<string, string>>('/accounts/names');
  const [wanted, setWanted] = useState<Wanted>(ANYTHING);
  /** Where each page began that one came through; the last is the one shown. */
  const [pages, setPages] = useState<readonly (number | '')[]>(['']);
  const query = { ...wanted, since: momentOf(wanted.since, timezone) ?? '', until: momentOf(wanted.until, timezone) ?? '' };
  const { data, error, again } = useAnswer<Page>('/audit', { ...query, cursor: pages.at(-1) ?? '', limit: SHOWN });
  const stamp = (ms: number) => momentWords(ms, timezone);
  const find = (next: Wanted) => { setWanted(next); setPages(['']); if (JSON.stringify(next) === JSON.stringify(wanted)) again(); };
  const asked = Object.entries(query).filter(([, value]) => value !== '').map(([name, value]) => [name, String(value)]);
  return (
    <>
      <AuditState stamp={stamp} />
      <AuditFind names={names ?? {}} csv={`/api/v1/audit/export?${new URLSearchParams(asked).toString()}`} onFind={find} />
      <ErrorNotice error={error} onRetry={again} />
      {data && data.lines.length === 0 && <p className="note" role="status">{t(data.next === null ? 'audit:nothing' : 'audit:nothingYet')}</p>}
      {data && data.lines.length > 0 && <AuditLines lines={data.lines} nameOf={nameOf} stamp={stamp} />}
      {data && (
        <div className="row">
          <Button missing={pages.length > 1 ? undefined : t('audit:first')} onClick={() => { setPages(pages.slice(0, -1)); }}>{t('audit:newer')}</Button>
          <Button missing={data.next === null ? t('audit:last') : undefined} onClick={() => { if (data.next !== null) setPages([...pages, data.next]); }}>{t('audit:older')}</Button>
        </div>
      )}
    </>
  );
}
