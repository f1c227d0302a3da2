/** Decides how the editor is built: into editor/dist, which the server hands out; in development the API is proxied. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const spoken = /\/en-US\.m?js$/;

/**
 * The component library carries its few words in 34 languages; the editor brings English, and the other language that is chosen as a file of
 * its own (`src/words/index.ts`). Saves 65 kB before the first click.
 */
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

/** The editor reads JSON Schema and never writes it; each schema of zod carries its own way of being written, all the same. Saves 6 kB. */
const noSchemaWriter: Plugin = {
  name: 'no-schema-writer',
  transform: {
    filter: { id: /\/zod\/v4\/core\/(json-schema-processors|to-json-schema)\.js$/ },
    handler: (code) =>
      [
        "const refuse = () => { throw new Error('The editor writes no JSON Schema; vite.config.ts says why.'); };",
        ...[...code.matchAll(/^export (?:const|function) (\w+)/gm)].map(([, name]) =>
          name!.startsWith('create') ? `export const ${name} = () => refuse;` : `export const ${name} = refuse;`,
        ),
        ...(code.includes('export { processSchema as process }') ? ['export { refuse as process };'] : []),
      ].join('\n'),
  },
};

/** zod reads JSON Schema with all that it has within reach; here with what that reading names. Saves 7 kB. */
const fewerSchemas: Plugin = {
  name: 'fewer-schemas',
  transform: {
    filter: { id: /\/zod\/v4\/classic\/from-json-schema\.js$/ },
    handler(code, id) {
      const whole = /const z = \{\s*\.\.\._schemas,\s*\.\.\._checks,\s*iso: _iso,?\s*\};/;
      const exportsOf = (file: string) => {
        const text = readFileSync(path.join(path.dirname(id), file), 'utf8');
        return new Set([...text.matchAll(/(?:export (?:const|function) |\bas )(\w+)/g)].map(([, name]) => name!));
      };
      const [schemas, checks] = [exportsOf('schemas.js'), exportsOf('checks.js')];
      const names = new Set([...code.matchAll(/\bz\s*\.(\w+)/g)].map(([, name]) => name!));
      names.delete('iso');
      const strange = [...names].filter((name) => !schemas.has(name) && !checks.has(name));
      if (!whole.test(code) || strange.length > 0 || /\bz\[/.test(code))
        this.error(`zod reads JSON Schema in another way now; mend or drop this plugin. ${strange.join(', ')}`);
      const members = [...names].map((name) => `${name}: ${checks.has(name) ? '_checks' : '_schemas'}.${name}`);
      return code.replace(whole, `const z = { iso: _iso, ${members.join(', ')} };`);
    },
  },
};

/**
 * Of the routes the browser needs where they are and in what form they answer; what they take and give is checked by the server. So
 * their schemas stay there, and a new room of the API costs the first page a line instead of a file.
 */
const routesWithoutSchemas: Plugin = {
  name: 'routes-without-schemas',
  apply: 'build', // while developing, a route that changes is there at once
  load: {
    filter: { id: /\/shared\/src\/api\/index\.ts$/ },
    async handler(id) {
      const { routeList } = (await import(pathToFileURL(id).href)) as typeof import('@drawloom/shared/api/index.ts');
      const bare = routeList.map(([name, { method, path, action, answer }]) => [
        name,
        { method, path, action, answer: typeof answer === 'string' ? answer : 'json' },
      ]);
      return `export const routes = ${JSON.stringify(Object.fromEntries(bare))};`;
    },
  },
};

/** Readers of code come after the first paint: see `src/document/readers/late.ts`. */
const lateReaders: Plugin = {
  name: 'late-readers',
  enforce: 'pre',
  resolveId(source, importer) {
    const found = /^\.\/(python|sql|typescript)\.ts$/.exec(source);
    if (found && importer?.endsWith('/shared/src/signature/index.ts'))
      return fileURLToPath(new URL(`src/document/readers/${found[1]}.ts`, import.meta.url));
    return null;
  },
};

const api = process.env.DRAWLOOM_URL ?? 'http://127.0.0.1:4400';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [spokenLocalesOnly, noSchemaWriter, fewerSchemas, routesWithoutSchemas, lateReaders, react()],
  build: {
    outDir: 'dist',
    target: 'es2024',
    sourcemap: false,
    manifest: true, // who brings whom, for the test of the first load
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
