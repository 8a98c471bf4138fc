/** Kiosks speak both languages at once: the chosen one, and the other smaller below it. */
import i18next from 'i18next';
import type { Text } from '@/shared/api/types';
import { textIn, useLang, type Lang } from '@/shared/i18n';

const OTHER: Record<Lang, Lang> = { zh: 'en', en: 'zh' };
const TAG: Record<Lang, string> = { zh: 'zh-CN', en: 'en' };

export function Both({ word, text, values }: { word?: string; text?: Text | null; values?: Record<string, unknown> }) {
  const lang = useLang();
  const say = (as: Lang) => (word === undefined ? textIn(text, as) : i18next.t(word, { ...values, lng: as }));
  const first = say(lang);
  const second = say(OTHER[lang]);
  return (
    <span className="both">
      <b>{first}</b>
      {second && second !== first && <small lang={TAG[OTHER[lang]]}> {second}</small>}
    </span>
  );
}
