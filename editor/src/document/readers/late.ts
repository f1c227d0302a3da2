/**
 * The readers of signatures weigh as much as React, so they come after the first paint: those that the opened drawing needs before it is
 * shown, the others once the page is idle. `vite.config.ts` puts these in the place of the real ones.
 */
import type { Catalog, Language } from '@drawloom/shared/node-type/definition.ts';
import type { PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import type { Signature } from '@drawloom/shared/signature/signature.ts';
import { create } from 'zustand';

type Reader = (code: string) => Signature;

export const useReaders = create<Partial<Record<Language, Reader>>>(() => ({}));
const load: Record<Language, () => Promise<Reader>> = {
  python: async () => (await import('@drawloom/shared/signature/python.ts')).readPython,
  sql: async () => (await import('@drawloom/shared/signature/sql.ts')).readSql,
  typescript: async () => (await import('@drawloom/shared/signature/typescript.ts')).readTypeScript,
};

export const isReady = (language: Language | undefined): boolean =>
  language === undefined || useReaders.getState()[language] !== undefined;

export async function loadReaders(languages: Iterable<Language | undefined>): Promise<void> {
  const missing = [...new Set(languages)].filter((language): language is Language => !isReady(language));
  await Promise.all(
    missing.map(async (language) => {
      const reader = await load[language]();
      useReaders.setState({ [language]: reader });
    }),
  );
}
export const loadAllReaders = (): Promise<void> => loadReaders(['python', 'sql', 'typescript']);

/** The languages whose code gives ports in this drawing. */
export const languagesOf = (document: PipelineDocument, catalog: Catalog): Set<Language> =>
  new Set(
    Object.values(document.nodes).flatMap((node) => {
      const type = catalog.get(node.type);
      return type?.code === 'user' && type.language ? [type.language] : [];
    }),
  );

export function read(language: Language, code: string): Signature {
  const reader = useReaders.getState()[language];
  if (!reader) throw new Error(`The reader of ${language} was asked before it had come.`);
  return reader(code);
}
