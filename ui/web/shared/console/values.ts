/** Values in words: enums by their labels, numbers with their unit, never more digits than the sensor has. */
import type { KindPoint, Value } from '@/shared/api/types';
import { textIn, type Lang, type Translate } from '@/shared/i18n';

export function valueWords(value: Value, point: Pick<KindPoint, 'type' | 'unit' | 'values'>, t: Translate, lang: Lang): string {
  if (value === null || value === '') return t('none');
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
  if (typeof value === 'string') return textIn(point.values[value], lang) || value;
  const digits = point.type === 'int' || Number.isInteger(value) ? String(value) : value.toFixed(1);
  return point.unit ? `${digits} ${point.unit}` : digits;
}
