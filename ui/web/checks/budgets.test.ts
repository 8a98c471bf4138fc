import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

interface Chunk {
  file: string;
  imports?: string[];
  css?: string[];
}
const dist = resolve(import.meta.dirname, '../dist');
const file = resolve(dist, '.vite/manifest.json');
const built = existsSync(file);
const manifest = built ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, Chunk>) : {};

/** Everything a page or chunk must have before it runs: itself, what it imports at once, their styles. */
function firstFiles(key: string, seen = new Set<string>()): Set<string> {
  const chunk = manifest[key];
  if (!chunk || seen.has(chunk.file)) return seen;
  seen.add(chunk.file);
  for (const css of chunk.css ?? []) seen.add(css);
  for (const next of chunk.imports ?? []) firstFiles(next, seen);
  return seen;
}
const gzipKb = (name: string) => gzipSync(readFileSync(resolve(dist, name))).length / 1_000;
const size = (key: string, without: ReadonlySet<string> = new Set()) => [...firstFiles(key)].filter((name) => name.endsWith('.js') && !without.has(name)).reduce((sum, name) => sum + gzipKb(name), 0);

describe.skipIf(!built)('sizes, compressed (skipped: nothing is built)', () => {
  it.each([['go/index.html', 120], ['ops/index.html', 250]])('%s starts with at most %d kB', (page, kb) => {
    expect(size(page)).toBeGreaterThan(0);
    expect(size(page)).toBeLessThanOrEqual(kb);
  });
  it('adds at most 180 kB for the 3D engine', () => {
    const engine = Object.keys(manifest).find((key) => key.endsWith('engine/hall.ts')) ?? '';
    const added = size(engine, firstFiles('ops/index.html'));
    expect(added).toBeGreaterThan(0);
    expect(added).toBeLessThanOrEqual(180);
  });
  it('asks no other host for anything', () => {
    const pages = Object.keys(manifest).filter((key) => key.endsWith('index.html'));
    for (const page of pages) expect(readFileSync(resolve(dist, page), 'utf8')).not.toMatch(/https?:\/\//);
  });
});
