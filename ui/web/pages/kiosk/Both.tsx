/** Kiosks speak both languages at once: the chosen one, and the other smaller below it. */
import i18next from 'i18next';
import type { Text } from '@/shared/api/types';
import { textIn, useLang, type Lang } from '@/shared/i18n';

const OTHER: Record<Lang, Lang> = { zh: 'en', en: 'zh' };
const TAG: Record<Lang, string> = { zh: 'zh-CN', en: 'en' };

/** `values` may be texts themselves: each language gets its own. */
export type Values = Readonly<Record<string, string | number | Text | null>>;

function inLang(values: Values, as: Lang): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, typeof value === 'object' ? textIn(value, as) : value]));
}

export function Both({ word, text, values = {} }: { word?: string; text?: Text | null; values?: Values }) {
  const lang = useLang();
  const say = (as: Lang) => (word === undefined ? textIn(text, as) : i18next.t(word, { ...inLang(values, as), lng: as }));
  const first = say(lang);
  const second = say(OTHER[lang]);
  return (
    <span className="both">
      <b>{first}</b>
      {second && second !== first && <small lang={TAG[OTHER[lang]]}> {second}</small>}
    </span>
  );
}
