/** Decides whether the server can listen where it was told to, before anything slow is done for it. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { StartProblem } from '../startProblem.ts';

export async function checkAddress(host: string, port: number): Promise<void> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (cause) {
    throw addressProblem(cause, host, port) ?? cause;
  } finally {
    server.close();
  }
}

/** Undefined when the failure has nothing to do with the address. */
export function addressProblem(cause: unknown, host: string, port: number): StartProblem | undefined {
  switch ((cause as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new StartProblem(
        `Port ${port} on ${host} is taken by another program. End that one, or choose another port: PORT=${port + 1} npm start.`,
        { cause },
      );
    case 'EACCES':
      return new StartProblem(`This user may not listen on port ${port}. Choose one above 1023: PORT=4400 npm start.`, {
        cause,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new StartProblem(
        `HOST is ${host}, which is no address of this machine. Use 127.0.0.1, or 0.0.0.0 for all of them.`,
        {
          cause,
        },
      );
    default:
      return undefined;
  }
}

/** What a person types into a browser on this machine. */
export function originOf(host: string, port: number): string {
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
}
