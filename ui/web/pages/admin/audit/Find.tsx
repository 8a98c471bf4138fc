/** What is looked for: asked only when told to, because each search is a line itself. */
import { useState } from 'react';
import { useAnswer } from '@/shared/api/useAnswer';
import { Button } from '@/shared/components/Button';
import { useT } from '@/shared/i18n';

export interface Wanted {
  actor: string;
  action: string;
  target: string;
  text: string;
  since: string;
  until: string;
}
export const ANYTHING: Wanted = { actor: '', action: '', target: '', text: '', since: '', until: '' };

export function AuditFind({ names, csv, onFind }: { names: Readonly<Record<string, string>>; csv: string; onFind: (wanted: Wanted) => void }) {
  const t = useT();
  const { data: actions } = useAnswer<string[]>('/audit/actions');
  const [draft, setDraft] = useState(ANYTHING);
  const field = (name: keyof Wanted, more: { type?: string; list?: string; placeholder?: string } = {}) => (
    <label className="field" data-wide={more.type ? '' : undefined}>
      <span className="label">{t(`audit:find.${name === 'actor' ? 'who' : name}`)}</span>
      <input className="input" autoComplete="off" {...more} value={draft[name]} onChange={(event) => { setDraft({ ...draft, [name]: event.target.value }); }} />
    </label>
  );
  return (
    <form
      className="card audit-find" role="search" aria-label={t('audit:find.go')}
      onSubmit={(event) => { event.preventDefault(); onFind({ ...draft, actor: idOf(draft.actor.trim(), names) }); }}
    >
      {field('since', { type: 'datetime-local' })}
      {field('until', { type: 'datetime-local' })}
      {field('actor', { list: 'audit-names', placeholder: t('audit:find.whoHint') })}
      {field('action', { list: 'audit-actions' })}
      {field('target', { placeholder: t('audit:find.targetHint') })}
      {field('text', { placeholder: t('audit:find.textHint') })}
      <datalist id="audit-names">{[...new Set(Object.values(names))].map((name) => <option key={name} value={name} />)}</datalist>
      <datalist id="audit-actions">{(actions ?? []).map((action) => <option key={action} value={action}>{t(`audit:did.${action}`, { defaultValue: action })}</option>)}</datalist>
      <Button kind="primary" icon="search" type="submit">{t('audit:find.go')}</Button>
      <Button onClick={() => { setDraft(ANYTHING); onFind(ANYTHING); }}>{t('audit:find.clear')}</Button>
      <a className="btn" href={csv} download>{t('audit:find.csv')}</a>
      <p className="note">{t('audit:find.recorded')}</p>
    </form>
  );
}

/** Of a name that one person bears; anything else is taken for an id. */
function idOf(word: string, names: Readonly<Record<string, string>>): string {
  const bearers = Object.entries(names).filter(([, name]) => name === word);
  return bearers.length === 1 && bearers[0] ? bearers[0][0] : word;
}
