/** The rating on a phone: five levels in words and faces, once, sent by the visitor alone. */
import { useState } from 'react';
import { hashOf, useGo } from '@/pages/go/go';
import { GoActs } from '@/pages/go/GoActs';
import { useAnswer } from '@/shared/api/useAnswer';
import { api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { StatusMark } from '@/shared/components/StatusMark';
import { addWords, useT, useText } from '@/shared/i18n';
import en from './go.en.json';
import zh from './go.zh.json';
import './go.css';

addWords('goRate', { zh, en });
type Form = components['schemas']['FormOut'];
type Level = Form['levels'][number];
const TEXT_MAX = 500;
const CALLED_FROM = 4;
const FORM = 'rate';

export default function RateView() {
  const t = useT();
  const text = useText();
  const { view, setToken } = useGo();
  const { data: form, error, again } = useAnswer<Form>('/evaluations/form', { ticket: view.key });
  const [level, setLevel] = useState<Level | null>(null);
  const [tags, setTags] = useState<readonly string[]>([]);
  const [words, setWords] = useState('');
  const [phone, setPhone] = useState('');
  const [sent, setSent] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>(null);
  if (sent) {
    return (
      <section className="card go-thanks" role="status">
        <StatusMark state="ok" size={56} />
        <h2>{t('goRate:thanks')}</h2>
        <p>{t('goRate:thanksNote')}</p>
        <a className="btn go-wide" data-kind="primary" data-size="large" href={hashOf('home')} onClick={() => { setToken(null); }}>{t('goRate:home')}</a>
      </section>
    );
  }
  if (!form) return <><ErrorNotice error={error} onRetry={again} />{!error && <p className="note" aria-busy="true">{t('loading')}</p>}</>;
  if (form.open === false) {
    return (
      <section className="card go-thanks">
        <h2>{t('goRate:closed')}</h2>
        <p>{t('goRate:closedNote')}</p>
        <a className="btn go-wide" data-size="large" href={hashOf('home')}><Icon name="home" />{t('goRate:home')}</a>
      </section>
    );
  }
  /** Only whoever agreed to it, and only about a low rating. */
  const mayBeCalled = form.may_be_called && level !== null && level.level >= CALLED_FROM;
  const send = async () => {
    if (!level) return;
    setBusy(true);
    setRefused(null);
    try {
      await api.post('/evaluations', { token: view.key, level: level.level, tags, text: words.trim() || null, phone: (mayBeCalled && phone.replace(/[\s-]/g, '')) || null });
      setSent(true);
    } catch (reason) {
      setRefused(reason);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form id={FORM} className="go-rate" onSubmit={(event) => { event.preventDefault(); void send(); }}>
      <fieldset className="go-levels">
        <legend>{t('goRate:question')}</legend>
        {form.levels.map((one) => (
          <label key={one.level} className="card" data-chosen={one.level === level?.level ? '' : undefined}>
            <input type="radio" name="level" value={one.level} checked={one.level === level?.level} onChange={() => { setLevel(one); setTags([]); }} />
            <Face level={one.level} />
            <b>{text(one.label)}</b>
          </label>
        ))}
      </fieldset>
      {level && level.tags.length > 0 && (
        <fieldset className="go-tags">
          <legend>{t('goRate:why')}</legend>
          {level.tags.map((tag) => (
            <label key={tag.id} className="btn" data-selected={tags.includes(tag.id) ? 'true' : undefined}>
              <input className="sr-only" type="checkbox" checked={tags.includes(tag.id)} onChange={(event) => { setTags(event.target.checked ? [...tags, tag.id] : tags.filter((id) => id !== tag.id)); }} />
              {text(tag.label)}
            </label>
          ))}
        </fieldset>
      )}
      <label className="field"><b>{t('goRate:words')}</b><textarea className="input" rows={3} maxLength={TEXT_MAX} value={words} onChange={(event) => { setWords(event.target.value); }} /></label>
      {mayBeCalled && (
        <label className="field"><b>{t('goRate:phone')}</b><input className="input" type="tel" inputMode="tel" autoComplete="tel" maxLength={20} value={phone} onChange={(event) => { setPhone(event.target.value); }} /><span className="note">{t('goRate:phoneNote')}</span></label>
      )}
      <p className="note">{t('goRate:privacy')}</p>
      <ErrorNotice error={refused} />
      <GoActs>
        <div className="go-acts"><Button type="submit" form={FORM} kind="primary" size="large" disabled={busy} missing={level ? undefined : t('goRate:choose')}>{t('goRate:send')}</Button></div>
      </GoActs>
    </form>
  );
}

const MOUTHS = ['M7 13.5a5.5 5.5 0 0 0 10 0z', 'M7.5 14.5a5.5 5.5 0 0 0 9 0', 'M8 15.5h8', 'M7.5 16.5a5.5 5.5 0 0 1 9 0', 'M7 17a5.5 5.5 0 0 1 10 0z'] as const;

/** Decoration: the word beside it says it. */
function Face({ level }: { level: Level['level'] }) {
  return (
    <svg className="icon go-face" viewBox="0 0 24 24" aria-hidden="true">
      <path d={`M12 21.5a9.5 9.5 0 1 0 0-19 9.5 9.5 0 0 0 0 19zM8.5 9v.6M15.5 9v.6${MOUTHS[level - 1] ?? ''}`} />
    </svg>
  );
}
