import { describe, expect, it } from 'vitest';

type Words = { [key: string]: string | Words };
const files = import.meta.glob<Words>(['../pages/**/{zh,en}.json', '../shared/i18n/{zh,en}.json', '../panels/**/{zh,en}.json'], { eager: true, import: 'default' });

function keys(words: Words, before = ''): string[] {
  return Object.entries(words).flatMap(([key, value]) => (typeof value === 'string' ? [`${before}${key}`] : keys(value, `${before}${key}.`)));
}

describe('the words of the pages', () => {
  const folders = [...new Set(Object.keys(files).map((path) => path.replace(/\/(zh|en)\.json$/, '')))];
  it.each(folders)('%s says the same in both languages', (folder) => {
    const [zh, en] = [files[`${folder}/zh.json`], files[`${folder}/en.json`]];
    expect(keys(en ?? {}).sort()).toEqual(keys(zh ?? {}).sort());
  });
});
