/** A package index on this machine for tests: real wheels, served as an index serves them, fast, slow or not at all. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32 } from 'node:zlib';

export interface Package {
  name: string;
  version: string;
  requires?: string[];
  /** Given as a source archive instead of a wheel. */
  source?: boolean;
}

export interface PackageIndex {
  url: string;
  /** From now on files are asked for in vain, until `release`. Resolves when the first one has been asked for. */
  hold(): Promise<{ release(): void; leftBy: Promise<void> }>;
  /** Puts other content under the names that stay. */
  tamper(): void;
  close(): Promise<void>;
}

export async function servePackages(packages: readonly Package[]): Promise<PackageIndex> {
  const files = new Map<string, Buffer>();
  for (const one of packages) files.set(fileName(one), wheel(one));
  const hashes = new Map([...files].map(([name, bytes]) => [name, createHash('sha256').update(bytes).digest('hex')]));
  let held: ((response: ServerResponse, send: () => void) => void) | undefined;

  const server = createServer((request, response) => {
    const [, kind, name] = new URL(request.url!, 'http://index').pathname.split('/');
    const found = packages.filter((one) => one.name === name);
    if (kind === 'simple' && found.length > 0) {
      const links = found
        .map(fileName)
        .map((file) => `<a href="/files/${file}#sha256=${hashes.get(file)}">${file}</a>`);
      response.setHeader('content-type', 'text/html').end(`<!DOCTYPE html><html><body>${links.join('')}</body></html>`);
    } else if (kind === 'files' && files.has(name!)) {
      const send = () => void response.end(files.get(name!));
      if (held) held(response, send);
      else send();
    } else {
      response.writeHead(404).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple/`,
    hold: () =>
      new Promise((resolve) => {
        const waiting: (() => void)[] = [];
        held = (response, send) => {
          waiting.push(send);
          resolve({
            release() {
              held = undefined;
              for (const go of waiting) go();
            },
            leftBy: once(response, 'close').then(() => {}),
          });
        };
      }),
    tamper() {
      for (const one of packages) files.set(fileName(one), wheel({ ...one, requires: ['something-else'] }));
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const fileName = ({ name, version, source }: Package) =>
  source ? `${name}-${version}.tar.gz` : `${name.replaceAll('-', '_')}-${version}-py3-none-any.whl`;

function wheel({ name, version, requires = [] }: Package): Buffer {
  const module = name.replaceAll('-', '_');
  const about = `${module}-${version}.dist-info`;
  const metadata = ['Metadata-Version: 2.1', `Name: ${name}`, `Version: ${version}`];
  return zip({
    [`${module}/__init__.py`]: `version = '${version}'\n`,
    [`${about}/METADATA`]: [...metadata, ...requires.map((other) => `Requires-Dist: ${other}`), '', ''].join('\n'),
    [`${about}/WHEEL`]: 'Wheel-Version: 1.0\nGenerator: drawloom\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    [`${about}/RECORD`]: `${module}/__init__.py,,\n${about}/METADATA,,\n${about}/WHEEL,,\n${about}/RECORD,,\n`,
  });
}

/** A zip file whose entries are stored as they are (APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.16). */
function zip(entries: Record<string, string>): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(entries)) {
    const path = Buffer.from(name);
    const bytes = Buffer.from(text);
    // Version 2.0, no flags, stored, 1 January 2020, checksum, both sizes, length of the name, nothing extra.
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(0x5021, 8);
    facts.writeUInt32LE(crc32(bytes), 10);
    facts.writeUInt32LE(bytes.length, 14);
    facts.writeUInt32LE(bytes.length, 18);
    facts.writeUInt16LE(path.length, 22);
    locals.push(Buffer.from('PK\x03\x04', 'latin1'), facts, path, bytes);
    const place = Buffer.alloc(14);
    place.writeUInt32LE((0o100644 << 16) >>> 0, 6);
    place.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x03', 'latin1'), facts, place, path);
    offset += 4 + facts.length + path.length + bytes.length;
  }
  const end = Buffer.alloc(18);
  const count = Object.keys(entries).length;
  end.writeUInt16LE(count, 4);
  end.writeUInt16LE(count, 6);
  end.writeUInt32LE(Buffer.concat(directory).length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, ...directory, Buffer.from('PK\x05\x06', 'latin1'), end]);
}
