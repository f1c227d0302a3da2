/** Makes the copies without types: all of them, or none. Run by `index.ts` with the folder to make. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import path from 'node:path';
import { sandboxedFiles, sources } from './index.ts';

const folder = process.argv[2]!;
mkdirSync(path.dirname(folder), { recursive: true });
const draft = mkdtempSync(`${folder}-`);
try {
  for (const file of sandboxedFiles()) {
    const copy = path.join(draft, file.replace(/\.ts$/, '.mjs'));
    mkdirSync(path.dirname(copy), { recursive: true });
    const code = stripTypeScriptTypes(readFileSync(path.join(sources, file), 'utf8'));
    // Types leave blanks, so that lines and columns stay; files that are named call each other by their new names.
    writeFileSync(copy, code.replace(/(['"])(\.{1,2}\/[\w./-]*)\.ts\1/g, '$1$2.mjs$1'), { mode: 0o644 });
  }
  // Sandboxed processes have users of their own.
  chmodSync(draft, 0o755);
  renameSync(draft, folder);
} finally {
  rmSync(draft, { recursive: true, force: true }); // gone already, unless another process was faster or something failed
}
