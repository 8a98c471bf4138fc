/** Whether the record is whole: what was signed, when all lines were verified last, and what was found. */
import { useEffect, useState } from 'react';
import { api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { useAnswer } from '@/shared/api/useAnswer';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { StatusMark } from '@/shared/components/StatusMark';
import { useT } from '@/shared/i18n';

type State = components['schemas']['AuditStateOut'];
const LOOK_EVERY_MS = 1_000;

export function AuditState({ stamp }: { stamp: (ms: number) => string }) {
  const t = useT();
  const { data, error, again } = useAnswer<State>('/audit/head');
  const [problem, setProblem] = useState<unknown>(null);
  const verifying = data?.verifying ?? false;
  useEffect(() => {
    if (!verifying) return;
    const timer = setInterval(again, LOOK_EVERY_MS);
    return () => { clearInterval(timer); };
  }, [verifying, again]);
  const verify = () => {
    setProblem(null);
    api.post<State>('/audit/verify').then(again, setProblem);
  };
  if (!data) return <ErrorNotice error={error} onRetry={again} />;
  const { head, verdict } = data;
  const found = verdict ? verdict.defects.length + verdict.more : 0;
  const isBroken = found > 0 || data.broken !== null;
  return (
    <section className="card audit-state">
      <div className="row">
        <StatusMark state={isBroken ? 1 : verdict ? 'ok' : 'unknown'} />
        <div className="say" role="status">
          <strong>{isBroken ? t('audit:state.broken', { n: Math.max(found, 1) }) : verdict ? t('audit:state.whole', { n: verdict.lines, time: stamp(verdict.at_ms) }) : t('audit:state.unverified')}</strong>
          <span>{head ? t('audit:state.sealed', { n: head.size, time: stamp(head.at_ms) }) : t('audit:state.unsealed')} {verdict && verdict.waiting > 0 && t('audit:state.waiting', { n: verdict.waiting })}</span>
          <span className="note">{head && <span title={head.key}>{t('audit:state.key', { key: head.key.slice(0, 16) })} · </span>}{t('audit:state.keep', { n: data.keep_days })}</span>
        </div>
        <Button icon="refresh" missing={verifying ? t('audit:state.verifying') : undefined} onClick={verify}>{verifying ? t('audit:state.verifying') : t('audit:state.verify')}</Button>
      </div>
      {isBroken && (
        <ul>
          {data.broken !== null && <li>{data.broken}</li>}
          {verdict?.defects.map((defect) => <li key={`${defect.kind} ${defect.what}`}>{t(`audit:defect.${defect.kind}`, { line: defect.line ?? '—' })} <span className="note mono">{defect.what}</span></li>)}
          {verdict !== null && verdict.more > 0 && <li>{t('audit:defect.more', { n: verdict.more })}</li>}
        </ul>
      )}
      <ErrorNotice error={problem} />
    </section>
  );
}
