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
  /** As Postgres numbers it: 57P01 it stops, 57P02 it crashed, 57P03 it does not take connections now. */
  readonly code: string;

  constructor(fields: string) {
    const [, , code, message] = fields.split('\0');
    super(`The database ended the connection: ${message?.slice(1)}.`);
    this.code = code!.slice(1);
  }
}

class DatabaseSocket extends Socket {
  #trouble: Error | undefined;

  override emit(event: string | symbol, ...told: unknown[]): boolean {
    switch (event) {
      case 'data':
        return this.#hear(told[0] as Buffer);
      // Told together with the close: the driver would hand queries to a connection that it knows to be broken but not yet to be
      // closed, and these would never be answered.
      case 'error':
        this.#trouble ??= told[0] as Error;
        return true;
      case 'close':
        if (this.#trouble) super.emit('error', this.#trouble);
        return super.emit('close', this.#trouble !== undefined);
      default:
        return super.emit(event, ...told);
    }
  }

  #hear(chunk: Buffer): boolean {
    const at = chunk.indexOf(farewell);
    if (at < 0) return super.emit('data', chunk);
    if (at > headerBytes) super.emit('data', chunk.subarray(0, at - headerBytes));
    this.destroy(new ConnectionEndedError(chunk.toString('utf8', at)));
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
