import { Icon } from '@/shared/components/Icon';
import { useT } from '@/shared/i18n';

const ROWS = ['1234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm'] as const;

/** Letters for pinyin, figures for window numbers. Nothing is remembered of what was typed. */
export function Keyboard({ value, onChange, most }: { value: string; onChange: (text: string) => void; most: number }) {
  const t = useT();
  return (
    <div className="keyboard" role="group" aria-label={t('keyboard.label')}>
      {ROWS.map((row, index) => (
        <div key={row}>
          {[...row].map((letter) => (
            <button key={letter} type="button" onClick={() => { if (value.length < most) onChange(value + letter); }}>{letter.toUpperCase()}</button>
          ))}
          {index === 3 && (
            <>
              <button type="button" className="wide" onClick={() => { onChange([...value].slice(0, -1).join('')); }}><Icon name="left" />{t('keyboard.delete')}</button>
              <button type="button" className="wide" onClick={() => { onChange(''); }}>{t('keyboard.clear')}</button>
            </>
          )}
        </div>
      ))}
    </div>
  );
}
