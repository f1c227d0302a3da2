// Accepts the three sockets of each new slot and hands them to whoever expects that slot.

import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

export type Line = 'control' | 'stdout' | 'stderr';
const lines: readonly string[] = ['control', 'stdout', 'stderr'];

/** The first bytes on every socket: `<slot> <line>\n`. */
const longestHeading = 80;

export class Switchboard {
  readonly #server: Server;
  readonly #expected = new Map<string, (line: Line, socket: Socket) => void>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => this.#welcome(socket));
  }

  static async open(path: string): Promise<Switchboard> {
    // Half-open, because a program may close its output and work on; Node would otherwise hang up on it.
    const server = createServer({ allowHalfOpen: true });
    server.listen({ path, backlog: 4096 });
    await once(server, 'listening');
    return new Switchboard(server);
  }

  expect(slot: string, connected: (line: Line, socket: Socket) => void): void {
    this.#expected.set(slot, connected);
  }

  forget(slot: string): void {
    this.#expected.delete(slot);
  }

  close(): void {
    this.#server.close();
  }

  #welcome(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    let heading = Buffer.alloc(0);
    const read = () => {
      const arrived: Buffer | null = socket.read();
      if (arrived === null) return;
      heading = Buffer.concat([heading, arrived]);
      const end = heading.indexOf(10);
      if (end === -1 && heading.length < longestHeading) return;
      socket.off('readable', read);
      const [slot = '', line = ''] = heading.subarray(0, Math.max(end, 0)).toString().split(' ');
      const connected = this.#expected.get(slot);
      if (connected === undefined || !lines.includes(line)) return void socket.destroy();
      if (end + 1 < heading.length) socket.unshift(heading.subarray(end + 1));
      connected(line as Line, socket);
    };
    socket.on('readable', read);
  }
}
