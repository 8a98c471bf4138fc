/** A masked value, and for whoever may a look in clear: for a stated reason, on record, and only for a short while. */
import './reveal.css';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { api, ApiError, toLogin } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useT } from '@/shared/i18n';
import { useMay } from './session';

type Revealed = components['schemas']['RevealOut'];
/** The server allows five minutes; a page that others walk past shows it for one. */
const SHOWN_MS = 60_000;
const REASON_MIN = 4;

/** `what`: its name, as in "show what". Give it a `key` of its subject: nothing shown of one is left for the next. */
export function Reveal({ subject, field, what, masked }: { subject: string; field: string; what: string; masked: string }) {
  const t = useT();
  const may = useMay('privacy.reveal');
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState('');
  const [clear, setClear] = useState<string | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (clear === null) return;
    const hide = () => { setClear(null); };
    const gone = () => { if (document.hidden) hide(); };
    const timer = setTimeout(hide, SHOWN_MS);
    document.addEventListener('visibilitychange', gone);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', gone);
    };
  }, [clear]);
  useEffect(() => { if (asking) form.current?.querySelector('input')?.focus(); }, [asking]);
  const close = () => { setAsking(false); setReason(''); setProblem(null); };
  const look = async (event: FormEvent) => {
    event.preventDefault();
    if (busy || reason.trim().length < REASON_MIN) return;
    setBusy(true);
    setProblem(null);
    try {
      const shown = await api.post<Revealed>('/privacy/reveal', { subject, field, reason: reason.trim() });
      setClear(shown.value);
      close();
    } catch (why) {
      if (why instanceof ApiError && why.status === 401) toLogin();
      else setProblem(why);
    } finally {
      setBusy(false);
    }
  };
  if (!may) return <span className="mono">{masked}</span>;
  return (
    <span className="reveal">
      <span className="reveal-value" role="status">
        <span className="mono" data-clear={clear === null ? undefined : ''}>{clear ?? masked}</span>
        {clear !== null && <span className="note">{t('reveal.short')}</span>}
      </span>
      {clear !== null && <Button kind="quiet" aria-label={t('reveal.hideOf', { what })} onClick={() => { setClear(null); }}>{t('reveal.hide')}</Button>}
      {clear === null && !asking && <Button kind="quiet" aria-label={t('reveal.showOf', { what })} onClick={() => { setAsking(true); }}>{t('reveal.show')}</Button>}
      {asking && (
        <form ref={form} className="reveal-why" onSubmit={(event) => { void look(event); }} onKeyDown={(event) => { if (event.key === 'Escape') { event.preventDefault(); event.stopPropagation(); close(); } }}>
          <label className="field"><span className="label">{t('reveal.why', { what })}</span><input className="input" autoComplete="off" maxLength={300} value={reason} onChange={(event) => { setReason(event.target.value); }} /></label>
          <Button type="submit" kind="primary" aria-disabled={busy || undefined} missing={reason.trim().length < REASON_MIN ? t('reveal.whyMissing') : undefined}>{t('reveal.show')}</Button>
          <Button onClick={close}>{t('cancel')}</Button>
          <ErrorNotice error={problem} />
        </form>
      )}
    </span>
  );
}
