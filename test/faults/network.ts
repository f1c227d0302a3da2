/** Decides how the network between two programs fails: cut at once, silent, or cut after the question was answered but not heard. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Network {
  port: number;
  /** Ends every connection now; new ones are let through. */
  cut(): void;
  /** Nothing goes through any more, in either direction, and nobody is told; new connections hang. */
  silence(): void;
  /** Lets everything through again; what hung is cut, as a network does that forgot its connections. */
  restore(): void;
  /**
   * The next answer of the server on each connection does not arrive: it has done what it was asked to, and the connection is cut
   * before the asker learns of it. Resolves when that has come to pass `times` times.
   */
  loseAnswers(times: number): Promise<void>;
  close(): Promise<void>;
}

interface Pair {
  client: Socket;
  server: Socket;
}

export async function openNetwork(target: number): Promise<Network> {
  const pairs = new Set<Pair>();
  let silent = false;
  let toLose = 0;
  let lost = () => {};

  const drop = (pair: Pair) => {
    pairs.delete(pair);
    pair.client.destroy();
    pair.server.destroy();
  };
  const listener = createServer((client) => {
    const server = connect(target, '127.0.0.1');
    const pair = { client, server };
    pairs.add(pair);
    let asked = false;
    for (const socket of [client, server]) {
      socket.on('error', () => drop(pair));
      socket.on('close', () => drop(pair));
    }
    client.on('data', (chunk) => {
      if (silent) return;
      asked = true;
      server.write(chunk);
    });
    server.on('data', (chunk) => {
      if (silent) return;
      if (toLose > 0 && asked && chunk.includes(done)) {
        toLose--;
        drop(pair);
        if (toLose === 0) lost();
        return;
      }
      client.write(chunk);
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    port: (listener.address() as AddressInfo).port,
    cut() {
      for (const pair of [...pairs]) drop(pair);
    },
    silence() {
      silent = true;
    },
    restore() {
      silent = false;
      for (const pair of [...pairs]) drop(pair);
    },
    loseAnswers(times) {
      toLose = times;
      return new Promise((resolve) => {
        lost = resolve;
      });
    },
    async close() {
      for (const pair of [...pairs]) drop(pair);
      listener.close();
    },
  };
}

/** Ready for the next question, outside of any transaction: what was asked is committed. */
const done = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
