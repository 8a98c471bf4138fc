import { useState } from 'react';
import type { components } from '@/shared/api/schema';
import { useAnswer } from '@/shared/api/useAnswer';
import { Button } from '@/shared/components/Button';
import { useT, useText } from '@/shared/i18n';

export type Unit = components['schemas']['UnitOut'];
const SHOWN = 8;

/** One unit, found by its name. `without`: not this one. */
export function UnitPicker({ label, value, onChange, without }: { label: string; value: Unit | null; onChange: (unit: Unit | null) => void; without?: string }) {
  const t = useT();
  const text = useText();
  const [words, setWords] = useState('');
  const { data } = useAnswer<Unit[]>(words.trim() ? '/accounts/units' : null, { q: words.trim() });
  const found = (data ?? []).filter((unit) => unit.id !== without).slice(0, SHOWN);
  if (value) {
    return (
      <div className="field">
        <span className="label">{label}</span>
        <span className="row"><b>{text(value.name)}</b><Button kind="quiet" icon="close" aria-label={t('tree.other')} onClick={() => { onChange(null); }} /></span>
      </div>
    );
  }
  return (
    <div className="field unit-picker">
      <label><span className="label">{label}</span><input className="input" type="search" autoComplete="off" value={words} placeholder={t('tree.find')} onChange={(event) => { setWords(event.target.value); }} /></label>
      {words.trim() && data && (
        <ul aria-label={t('tree.found')}>
          {found.map((unit) => <li key={unit.id}><Button kind="quiet" onClick={() => { onChange(unit); setWords(''); }}>{text(unit.name)}</Button></li>)}
          {found.length === 0 && <li className="note">{t('noResult')}</li>}
        </ul>
      )}
    </div>
  );
}
