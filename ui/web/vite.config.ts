import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const here = import.meta.dirname;
const pages = resolve(here, 'pages');

/** Every folder below pages/ is one page: /ops/, /go/, ... */
const input = Object.fromEntries(
  readdirSync(pages, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => [entry.name, resolve(pages, entry.name, 'index.html')]),
);

export default defineConfig({
  root: pages,
  publicDir: resolve(here, 'public'),
  plugins: [react()],
  resolve: { alias: { '@': here } },
  build: {
    outDir: resolve(here, 'dist'),
    emptyOutDir: true,
    assetsDir: 'assets',
    manifest: true,
    target: 'es2022',
    chunkSizeWarningLimit: 650, // the 3D engine, loaded after the page stands
    modulePreload: { polyfill: false },
    rolldownOptions: { input },
  },
  server: {
    // An address of a running hall, so that pages can be worked on with reload: HALL=http://127.0.0.1:8000 npm run dev
    proxy: process.env.HALL ? { '/api': { target: process.env.HALL, ws: true } } : {},
  },
  test: { root: here, include: ['**/*.test.{ts,tsx}'], exclude: ['node_modules', 'dist'] },
});
