/** Publishing: what changes, what of the live hall is lost by it, and why; every open page follows. */
import { useState } from 'react';
import { api } from '@/shared/api/client';
import { Button } from '@/shared/components/Button';
import { Dialog } from '@/shared/components/Dialog';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { toast } from '@/shared/components/Toast';
import { useT, useText } from '@/shared/i18n';
import { differences } from './DiffList';
import { draftPath, type Diff, type Draft, type Report } from './draft';

const SHOWN = 20;

export function Publish({ draft, report, diff, must, onPublished }: { draft: Draft; report: Report; diff: Diff | null; must: number; onPublished: () => void }) {
  const t = useT();
  const text = useText();
  const [open, setOpen] = useState(false);
  const [why, setWhy] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const missing = must > 0 ? t('map.mustN', { n: must }) : diff && differences(diff) === 0 ? t('map.noDifference') : undefined;
  const { kept, lost } = report.overlay;
  const publish = async () => {
    setBusy(true);
    setError(null);
    try {
      await api.post(`${draftPath(draft.id)}/publish`, { revision: draft.revision, why: why.trim() });
      toast(t('map.published'), 'ok');
      setOpen(false);
      onPublished();
    } catch (reason) {
      setError(reason);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button kind="primary" icon={missing ? 'lock' : 'check'} missing={missing} onClick={() => { setOpen(true); }}>{t('map.publish')}</Button>
      <Dialog
        open={open} title={t('map.publish')} onClose={() => { setOpen(false); }}
        actions={<><Button onClick={() => { setOpen(false); }}>{t('cancel')}</Button><Button kind="primary" disabled={busy} missing={why.trim() ? undefined : t('map.whyMissing')} onClick={() => { void publish(); }}>{t('map.publish')}</Button></>}
      >
        <p>{t('map.publishNote', { n: diff ? differences(diff) : 0, kept })}</p>
        {lost.length > 0 && (
          <div className="notice">
            <div>
              <strong>{t('map.lost', { n: lost.length })}</strong>
              <ul>{lost.slice(0, SHOWN).map((item) => <li key={item.id + text(item.what)}>{text(item.what)}</li>)}</ul>
              {lost.length > SHOWN && <p>{t('map.moreLost', { n: lost.length - SHOWN })}</p>}
            </div>
          </div>
        )}
        <label className="field"><span className="label">{t('map.why')}</span><input className="input" value={why} maxLength={200} placeholder={t('map.whyHint')} onChange={(event) => { setWhy(event.target.value); }} /></label>
        <ErrorNotice error={error} />
      </Dialog>
    </>
  );
}
