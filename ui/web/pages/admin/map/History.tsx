/** Every version that was published: any of them can be published again. */
import { useState } from 'react';
import { api } from '@/shared/api/client';
import { useAnswer } from '@/shared/api/useAnswer';
import { Button } from '@/shared/components/Button';
import { Dialog } from '@/shared/components/Dialog';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { toast } from '@/shared/components/Toast';
import { useHallData } from '@/shared/console/data';
import { useNames } from '@/shared/console/names';
import { useT } from '@/shared/i18n';
import { DiffList } from './DiffList';
import type { Diff, Version } from './draft';

const SHORT = 8;

export function History() {
  const t = useT();
  const { timezone } = useHallData();
  const nameOf = useNames();
  const versions = useAnswer<Version[]>('/building/versions');
  const [compared, setCompared] = useState<Version | null>(null);
  const [back, setBack] = useState<Version | null>(null);
  const [why, setWhy] = useState('');
  const [error, setError] = useState<unknown>(null);
  const current = versions.data?.find((version) => version.current);
  const diff = useAnswer<Diff>(compared && current ? `/building/versions/${current.hash}/diff/${compared.hash}` : null);
  const time = (ms: number) => new Date(ms).toLocaleString('sv-SE', { timeZone: timezone }).slice(0, 16);
  const publish = async () => {
    if (!back) return;
    setError(null);
    try {
      await api.post(`/building/versions/${back.hash}/publish`, { why: why.trim() });
      toast(t('map.rolledBack'), 'ok');
      setBack(null);
      setWhy('');
      versions.again();
    } catch (reason) {
      setError(reason);
    }
  };
  return (
    <>
      <h3>{t('map.history')} <span className="note">{t('map.historyNote')}</span></h3>
      <ErrorNotice error={versions.error} onRetry={versions.again} />
      <ul className="rows">
        {(versions.data ?? []).map((version) => (
          <li key={version.hash} className="map-version">
            <b className="mono">{version.hash.slice(0, SHORT)}</b>
            <span>{version.current ? t('map.current') : ''} {nameOf(version.by)} <span className="note">{version.why}</span></span>
            <span className="note nb">{time(version.published_ms)}</span>
            {!version.current && (
              <span className="map-version-acts">
                <Button kind="quiet" aria-expanded={compared === version} onClick={() => { setCompared(compared === version ? null : version); }}>{t('map.compare')}</Button>
                <Button kind="quiet" icon="history" onClick={() => { setBack(version); }}>{t('map.back')}</Button>
              </span>
            )}
            {compared === version && <div className="map-version-diff"><ErrorNotice error={diff.error} />{diff.data && <DiffList diff={diff.data} />}</div>}
          </li>
        ))}
      </ul>
      <Dialog
        open={back !== null} title={t('map.back')} onClose={() => { setBack(null); }}
        actions={<><Button onClick={() => { setBack(null); }}>{t('cancel')}</Button><Button kind="primary" missing={why.trim() ? undefined : t('map.whyMissing')} onClick={() => { void publish(); }}>{t('map.back')}</Button></>}
      >
        <p>{t('map.backAsk', { version: back?.hash.slice(0, SHORT) ?? '' })}</p>
        <label className="field"><span className="label">{t('map.why')}</span><input className="input" value={why} maxLength={200} onChange={(event) => { setWhy(event.target.value); }} /></label>
        <ErrorNotice error={error} />
      </Dialog>
    </>
  );
}
