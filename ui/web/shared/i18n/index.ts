/** Words of the pages. Chinese first, English second; texts that come as data carry both languages in themselves. */
import i18next from 'i18next';
import { useSyncExternalStore } from 'react';
import type { Text } from '@/shared/api/types';
import en from './en.json';
import zh from './zh.json';

export type Lang = 'zh' | 'en';
type Words = Record<string, unknown>;
const KEY = 'hall.lang';

function firstLang(): Lang {
  const asked = new URLSearchParams(location.search).get('lang') ?? localStorage.getItem(KEY);
  if (asked === 'zh' || asked === 'en') return asked;
  return navigator.language.toLowerCase().startsWith('en') ? 'en' : 'zh';
}

/** Call once in main.tsx with the page's own words. `shared` words are always there. */
export function startI18n(page: { zh: Words; en: Words }): void {
  const lng = firstLang();
  void i18next.init({
    lng,
    fallbackLng: 'zh',
    ns: ['page', 'shared'],
    defaultNS: 'page',
    fallbackNS: 'shared',
    resources: { zh: { page: page.zh, shared: zh }, en: { page: page.en, shared: en } },
    interpolation: { escapeValue: false },
    initAsync: false,
    showSupportNotice: false,
  } as Parameters<typeof i18next.init>[0]);
  for (const [namespace, words] of brought.splice(0)) addWords(namespace, words);
  document.documentElement.lang = lng === 'zh' ? 'zh-CN' : 'en';
}

/** A panel brings its words under its own name: t('queue:next'). */
export function addWords(namespace: string, words: { zh: Words; en: Words }): void {
  if (!i18next.isInitialized) {
    brought.push([namespace, words]); // a panel is loaded before its page starts
    return;
  }
  i18next.addResourceBundle('zh', namespace, words.zh);
  i18next.addResourceBundle('en', namespace, words.en);
}
const brought: [string, { zh: Words; en: Words }][] = [];

export function setLang(lang: Lang): void {
  localStorage.setItem(KEY, lang);
  document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en';
  void i18next.changeLanguage(lang);
}

export function getLang(): Lang {
  return i18next.language === 'en' ? 'en' : 'zh';
}

function subscribe(changed: () => void): () => void {
  i18next.on('languageChanged', changed);
  return () => i18next.off('languageChanged', changed);
}

export type Translate = (key: string, values?: Record<string, unknown>) => string;
/** A new function for each language, so that memoised children see the change. */
const translators: Record<Lang, Translate> = {
  zh: (key, values) => i18next.t(key, { ...values, lng: 'zh' }),
  en: (key, values) => i18next.t(key, { ...values, lng: 'en' }),
};

export function useT(): Translate {
  return translators[useLang()];
}

export function useLang(): Lang {
  return useSyncExternalStore(subscribe, getLang);
}

/** The words of a text in data, in the language shown; falls back to whatever the text has. */
export function textIn(text: Text | null | undefined, lang: Lang): string {
  if (!text) return '';
  return text[lang] ?? text.zh ?? text.en ?? '';
}

export function useText(): (text: Text | null | undefined) => string {
  const lang = useLang();
  return (text) => textIn(text, lang);
}
