import { useState } from 'react';
import type { components } from '@/shared/api/schema';
import { useAnswer } from '@/shared/api/useAnswer';
import { useT, useText } from '@/shared/i18n';
import { UnitPicker, type Unit } from './TreeUnitPicker';

type Detail = components['schemas']['UnitDetailOut'];

/** A post: first its unit, then which of the unit's. */
export function PostPicker({ value, onChange }: { value: string; onChange: (post: string) => void }) {
  const t = useT();
  const text = useText();
  const [unit, setUnit] = useState<Unit | null>(null);
  const { data } = useAnswer<Detail>(unit ? `/accounts/units/${unit.id}` : null);
  return (
    <>
      <UnitPicker label={t('people.unit')} value={unit} onChange={(chosen) => { setUnit(chosen); onChange(''); }} />
      {unit && data && (
        <label className="field"><span className="label">{t('people.post')}</span>
          <select className="input" value={value} onChange={(event) => { onChange(event.target.value); }}>
            <option value="">{t('people.choose')}</option>
            {data.posts.map((post) => <option key={post.id} value={post.id}>{text(post.name)}</option>)}
          </select>
        </label>
      )}
    </>
  );
}
