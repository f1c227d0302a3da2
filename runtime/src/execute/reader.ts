/** Decides where the server's looks into artifacts happen: in slots of a sandbox host of its own, started when somebody first looks. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { readerFolders, readerProgram, TableReader } from '../artifacts/reader/index.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { findPython } from '../environments/index.ts';
import { SandboxHost } from './sandbox/host.ts';
import type { IsolationName } from './sandbox/isolation.ts';

export interface ArtifactReaderOptions {
  home: string;
  store: ArtifactStore;
  /** The weakest isolation that is acceptable. Below it, nothing is looked into. */
  isolation: IsolationName;
}

/** A reader over a store. Its host is one small process; a host that ended is started again by the next look. */
export function startArtifactReader({ home, store, isolation }: ArtifactReaderOptions): TableReader {
  const folder = path.join(home, 'readers');
  let host: Promise<SandboxHost> | undefined;
  const running = () => {
    const started = host ?? start();
    host = started;
    const forget = () => {
      if (host === started) host = undefined;
    };
    started.then((live) => live.exited.then(forget), forget);
    return started;
  };
  const start = async () => {
    await mkdir(folder, { recursive: true, mode: 0o711 });
    const python = await findPython();
    return SandboxHost.start(
      {
        name: 'reader',
        python: python.path,
        preload: [],
        pythonPath: [path.resolve(import.meta.dirname, '../../python')],
        readOnly: readerFolders(),
        entry: 'drawloom._host:execute',
      },
      { folder, allow: isolation },
    );
  };
  const reader = new TableReader({
    folder: path.join(folder, 'requests'),
    localFile: (sha256) => store.localFile(sha256),
    async acquire() {
      const live = await running();
      const slot = await live.acquire(readerProgram);
      return { slot, inside: live.mode === 'none' ? slot.jobFolder.replace(/job$/, 'in') : '/in' };
    },
  });
  const close = reader.close.bind(reader);
  reader.close = async () => {
    await close();
    await (await host?.catch(() => undefined))?.stop();
  };
  return reader;
}
