/**
 * Decides what the driver hears when the server takes a connection away: that it closed, and nothing more.
 *
 * A server that stops, or that ends one session, says so in a last message (FATAL, class 57P0) and closes. The driver keeps that
 * message for the query under way, closes, and still holds it when the connection is up again: the next query on it, whatever it
 * asks, is refused with the words of the server before. Without the message the query under way ends with CONNECTION_CLOSED, and a
 * connection that comes while the server still starts is tried again.
 */
import { Socket } from 'node:net';

/** No data can look like it: text and JSON hold no zero bytes, and bytes travel as hexadecimal digits. */
const farewell = Buffer.from('SFATAL\0VFATAL\0C57P0');
/** Before the first field of a message stand its kind (one byte) and its length (four). */
const headerBytes = 5;

export class DatabaseSocket extends Socket {
  override emit(event: string | symbol, ...told: unknown[]): boolean {
    if (event !== 'data') return super.emit(event, ...told);
    const [chunk] = told as [Buffer];
    const at = chunk.indexOf(farewell);
    if (at < 0) return super.emit(event, chunk);
    return at > headerBytes ? super.emit(event, chunk.subarray(0, at - headerBytes)) : true;
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
