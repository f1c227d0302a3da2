/** Decides how the editor is built: into editor/dist, which the server hands out; in development the API is proxied. */
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const spoken = /\/(en-US|zh-CN|de-DE)\.m?js$/;

/** The component library carries its few words in 34 languages; the editor speaks three. Saves 60 kB before the first click. */
const spokenLocalesOnly: Plugin = {
  name: 'spoken-locales-only',
  enforce: 'pre',
  transform: {
    filter: {
      id: /\/(react-aria|react-stately|@react-aria\/[a-z]+|@react-stately\/[a-z]+)\/.*\/[a-z]{2}-[A-Z]{2}\.m?js$/,
    },
    handler: (code, id) => (spoken.test(id) ? code : 'export default {};'),
  },
};

/** Readers of code come after the first paint: see `src/document/readers/late.ts`. */
const lateReaders: Plugin = {
  name: 'late-readers',
  enforce: 'pre',
  resolveId(source, importer) {
    const found = /^\.\/(python|typescript)\.ts$/.exec(source);
    if (found && importer?.endsWith('/shared/src/signature/index.ts'))
      return fileURLToPath(new URL(`src/document/readers/${found[1]}.ts`, import.meta.url));
    return null;
  },
};

const api = process.env.DRAWLOOM_URL ?? 'http://127.0.0.1:4400';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [spokenLocalesOnly, lateReaders, react()],
  build: {
    outDir: 'dist',
    target: 'es2024',
    sourcemap: false,
    chunkSizeWarningLimit: 1200,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  worker: { format: 'es' },
  server: {
    port: Number(process.env.EDITOR_PORT ?? 4401),
    proxy: { '/api': { target: api, changeOrigin: false } },
  },
});
