/** My consents: each with the text in force, given or withdrawn with one press; under 14 by a guardian. */
import { useState } from 'react';
import { api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { useAnswer } from '@/shared/api/useAnswer';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useT, useText } from '@/shared/i18n';

type Consents = components['schemas']['ConsentsOut'];
const RELATIONS = ['mother', 'father', 'guardian'] as const;

export function MineConsents({ onChange }: { onChange: () => void }) {
  const t = useT();
  const text = useText();
  const { data, error, again } = useAnswer<Consents>('/privacy/mine/consents');
  const [problem, setProblem] = useState<unknown>(null);
  const [child, setChild] = useState(false);
  const [guardian, setGuardian] = useState<{ name: string; relation: (typeof RELATIONS)[number] }>({ name: '', relation: 'mother' });
  const decide = async (purpose: string, version: number, given: boolean) => {
    setProblem(null);
    try {
      await api.post('/privacy/mine/consents', {
        purpose, version, given, channel: 'phone', under_14: given && child, guardian: given && child ? guardian : null,
      });
      again();
      onChange();
    } catch (reason) {
      setProblem(reason);
    }
  };
  const missing = child && guardian.name.trim().length < 2 ? t('mine:guardianMissing') : undefined;
  return (
    <section className="card mine-part" aria-labelledby="mine-consents">
      <h2 id="mine-consents">{t('mine:consents')}</h2>
      <ErrorNotice error={error} onRetry={again} />
      <label className="row mine-child"><input type="checkbox" checked={child} onChange={(event) => { setChild(event.target.checked); }} />{t('mine:child')}</label>
      {child && (
        <div className="mine-form">
          <label className="field"><span className="label">{t('mine:guardianName')}</span><input className="input" autoComplete="off" maxLength={60} value={guardian.name} onChange={(event) => { setGuardian({ ...guardian, name: event.target.value }); }} /></label>
          <label className="field">
            <span className="label">{t('mine:relation')}</span>
            <select className="input" value={guardian.relation} onChange={(event) => { setGuardian({ ...guardian, relation: event.target.value as (typeof RELATIONS)[number] }); }}>
              {RELATIONS.map((one) => <option key={one} value={one}>{t(`mine:relations.${one}`)}</option>)}
            </select>
          </label>
        </div>
      )}
      <ul className="plain go-rows">
        {data?.purposes.map((one) => {
          const given = data.given.includes(one.id);
          const last = data.history.find((line) => line.purpose === one.id);
          return (
            <li key={one.id} className="mine-row">
              <b>{text(one.label)}</b>
              <p className="note">{text(one.text)}</p>
              <span className="note">{last ? t(last.given ? 'mine:givenAt' : 'mine:withdrawnAt', { day: new Date(last.at).toLocaleString('sv-SE'), version: last.version }) : t('mine:neverAsked')}</span>
              <Button
                kind={given ? 'plain' : 'primary'} missing={given ? undefined : missing} aria-label={`${t(given ? 'mine:withdrawConsent' : 'mine:give')} ${text(one.label)}`}
                onClick={() => { void decide(one.id, one.version, !given); }}
              >
                {t(given ? 'mine:withdrawConsent' : 'mine:give')}
              </Button>
            </li>
          );
        })}
      </ul>
      <ErrorNotice error={problem} />
    </section>
  );
}
