import { useState } from 'react';
import { api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { useAnswer } from '@/shared/api/useAnswer';
import { Button } from '@/shared/components/Button';
import { Dialog } from '@/shared/components/Dialog';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { StatusMark } from '@/shared/components/StatusMark';
import { Reveal } from '@/shared/console/Reveal';
import { useNames } from '@/shared/console/names';
import { useT, useText } from '@/shared/i18n';

type Request = components['schemas']['RequestOut'];
type Look = components['schemas']['LookOut'];
const dayOf = (at: string) => new Date(at).toLocaleDateString('sv-SE');

export function PrivacyRequests() {
  const t = useT();
  const nameOf = useNames();
  const { data, error, again } = useAnswer<Request[]>('/privacy/requests');
  const [chosen, setChosen] = useState<Request | null>(null);
  return (
    <>
      <p className="note">{t('privacy:lead')}</p>
      <ErrorNotice error={error} onRetry={again} />
      {data?.length === 0 && <p className="note">{t('privacy:none')}</p>}
      {data && data.length > 0 && (
        <table className="table card requests-table">
          <thead><tr>{(['kind', 'who', 'state', 'made', 'due'] as const).map((name) => <th key={name} scope="col">{t(`privacy:${name}`)}</th>)}<td /></tr></thead>
          <tbody>
            {data.map((one) => (
              <tr key={one.id}>
                <th scope="row">{t(`privacy:kinds.${one.kind}`)}</th>
                <td className="mono">{nameOf(one.subject)}</td>
                <td>{t(`privacy:states.${one.state}`)}</td>
                <td className="nb">{dayOf(one.made)}</td>
                <td className="nb">{one.overdue ? <span className="row"><StatusMark state={2} />{dayOf(one.due)} {t('privacy:overdue')}</span> : dayOf(one.due)}</td>
                <td>{one.state === 'open' && <Button kind="quiet" aria-label={`${t('privacy:decide')} ${t(`privacy:kinds.${one.kind}`)} ${nameOf(one.subject)}`} onClick={() => { setChosen(one); }}>{t('privacy:decide')}</Button>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {chosen && <Decision request={chosen} onDone={() => { setChosen(null); again(); }} />}
    </>
  );
}

function Decision({ request, onDone }: { request: Request; onDone: () => void }) {
  const t = useT();
  const text = useText();
  const nameOf = useNames();
  const { data, error } = useAnswer<Look>(`/privacy/requests/${encodeURIComponent(request.id)}`);
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState<unknown>(null);
  const decide = (grant: boolean) => {
    setProblem(null);
    api.post(`/privacy/requests/${encodeURIComponent(request.id)}/decision`, { grant, reason: reason.trim() || null }).then(onDone, setProblem);
  };
  const erasing = request.kind === 'erasure';
  return (
    <Dialog
      open title={t('privacy:decideOn', { kind: t(`privacy:kinds.${request.kind}`), who: nameOf(request.subject) })} onClose={onDone}
      actions={
        <>
          <Button onClick={onDone}>{t('cancel')}</Button>
          <Button kind="danger" missing={reason.trim().length < 4 ? t('privacy:reasonMissing') : undefined} onClick={() => { decide(false); }}>{t('privacy:refuse')}</Button>
          <Button kind={erasing ? 'danger-fill' : 'primary'} missing={data ? undefined : t('loading')} onClick={() => { decide(true); }}>{t(erasing ? 'privacy:eraseNow' : 'privacy:grant')}</Button>
        </>
      }
    >
      <ErrorNotice error={error} />
      {data?.wish && <p>{t('privacy:wish')} <b>{data.wish}</b></p>}
      <h3>{t(erasing ? 'privacy:willGo' : 'privacy:held')}</h3>
      {data?.held.length === 0 && <p className="note">{t('privacy:nothing')}</p>}
      <ul className="plain">
        {data?.held.map((one, n) => <li key={`${one.column}/${String(n)}`}>{text(one.label)}: {one.value === null ? '—' : <Reveal subject={request.subject} field={one.column} what={text(one.label)} masked={one.value} />}</li>)}
      </ul>
      {erasing && <p>{t('privacy:eraseNote')}</p>}
      <label className="field"><span className="label">{t('privacy:reason')}</span><textarea className="input" rows={2} maxLength={300} value={reason} onChange={(event) => { setReason(event.target.value); }} /></label>
      <ErrorNotice error={problem} />
    </Dialog>
  );
}
