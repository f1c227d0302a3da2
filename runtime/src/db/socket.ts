/**
 * Decides what the driver hears when the server takes a connection away: an error of the connection, with the server's reason.
 *
 * A server that stops, starts, or ends one session says so in a last message (FATAL, class 57P0) and closes. The driver keeps that
 * message for the query under way, closes, and still holds it when the connection is up again: the next query on it, whatever it
 * asks, is refused with the words of the server before. As an error of the socket it reaches who waits now, and nobody later.
 */
import { Socket } from 'node:net';

/** No data can look like it: text and JSON hold no zero bytes, and bytes travel as hexadecimal digits. */
const farewell = Buffer.from('SFATAL\0VFATAL\0C57P0');
/** Before the first field of a message stand its kind (one byte) and its length (four). */
const headerBytes = 5;

/** The server ended a connection, or refused one because it starts or stops. */
export class ConnectionEndedError extends Error {
  override name = 'ConnectionEndedError';
  /** As Postgres numbers it: 57P01 it stops, 57P02 it crashed, 57P03 takes no connections now. CONNECTION_CLOSED: it said nothing. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(`The database ended the connection: ${message}.`);
    this.code = code;
  }
}

function lastWords(fields: string): ConnectionEndedError {
  const [, , code, message] = fields.split('\0');
  return new ConnectionEndedError(code!.slice(1), message?.slice(1) ?? 'it did not say why');
}

/** Whoever goes on asking on a lost connection is refused so many times; then it is closed under them. */
const mostRefusals = 20;

/**
 * The driver forgets its socket when it hears that it closed, and dies of whatever is still asked on that connection: a transaction
 * that was cut off asks for its rollback. So the close is told only when nobody asks any more: first those who wait are refused, then
 * those who asked because of that, and so on.
 */
class DatabaseSocket extends Socket {
  #trouble: Error | undefined;
  #asked = 0;
  /** The driver itself asked for the end. */
  #leaving = false;

  override emit(event: string | symbol, ...told: unknown[]): boolean {
    switch (event) {
      case 'data':
        return this.#hear(told[0] as Buffer);
      case 'error':
        this.#lose(told[0] as Error);
        return true;
      case 'close':
        if (!this.#trouble && this.#leaving) return super.emit('close', false);
        this.#lose(new ConnectionEndedError('CONNECTION_CLOSED', 'it did not say why'));
        this.#letGo(mostRefusals);
        return true;
      default:
        return super.emit(event, ...told);
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: the overloads of the original, which are passed on as they come
  override end(...given: any[]): this {
    // With a goodbye to the server; without one it is Node that ends our half, because the server ended its own.
    if (given.length > 0) this.#leaving = true;
    return super.end(...given);
  }

  #lose(trouble: Error): void {
    if (this.#trouble) return;
    this.#trouble = trouble;
    // Not as a method: connecting puts the class's own back.
    this.write = () => {
      this.#asked++;
      return true;
    };
  }

  #letGo(refusals: number): void {
    const asked = this.#asked;
    super.emit('error', this.#trouble!);
    // The driver gathers what is asked for one turn before it writes.
    setImmediate(() =>
      setImmediate(() => {
        if (this.#asked > asked && refusals > 0) return this.#letGo(refusals - 1);
        super.emit('error', this.#trouble!);
        if (!this.#tellClosed()) setImmediate(() => this.#letGo(refusals));
      }),
    );
  }

  /**
   * False when something was asked in the last moment: its write is put off to the next turn. A driver that hears of the close then
   * calls the write off, takes it for coming all the same, and never writes again, not even its greeting on the next socket.
   * Calling off is the first thing it does with the news, so there it is stopped, and nothing has changed.
   */
  #tellClosed(): boolean {
    const callOff = globalThis.clearImmediate;
    let taken = true;
    globalThis.clearImmediate = (write) => {
      if (!write) return callOff(write);
      taken = false;
      throw new Error('A write is still to come.');
    };
    try {
      for (const listener of this.listeners('close')) Promise.resolve(listener.call(this, true)).catch(() => {});
    } finally {
      globalThis.clearImmediate = callOff;
    }
    return taken;
  }

  #hear(chunk: Buffer): boolean {
    const at = chunk.indexOf(farewell);
    if (at < 0) return super.emit('data', chunk);
    if (at > headerBytes) super.emit('data', chunk.subarray(0, at - headerBytes));
    this.destroy(lastWords(chunk.toString('utf8', at)));
    return true;
  }
}

interface Addresses {
  host: string[];
  port: number[];
  /** Of a socket in the file system; false when the server is reached over the network. */
  path: string | false;
}

/**
 * For the driver's option `socket`: a socket on its way to the server. What is written before it is connected waits in it.
 * Of several servers each is tried in turn.
 */
export function databaseSockets(): (addresses: Addresses) => Socket {
  let tries = 0;
  return ({ host, port, path }) => {
    const socket = new DatabaseSocket();
    const turn = tries++ % host.length;
    if (path) socket.connect(path);
    else socket.connect(port[turn]!, host[turn]!);
    return socket;
  };
}
