import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasIcon } from '@/shared/components/icons';

const kinds = resolve(import.meta.dirname, '../../../iot/kinds');

describe('device kinds', () => {
  const looks = readdirSync(kinds).filter((name) => name.endsWith('.py')).flatMap((name) => {
    const icon = /Look\(\s*icon="([^"]+)"/.exec(readFileSync(resolve(kinds, name), 'utf8'))?.[1];
    return icon === undefined ? [] : [[name, icon] as const];
  });
  it('are all there to be checked', () => { expect(looks.length).toBeGreaterThan(10); });
  it.each(looks)('%s names an icon of our set', (_, icon) => { expect(hasIcon(icon)).toBe(true); });
});
