/** Decides what the process of a server is where it lives apart from the start: in development. */
import { startServer } from '../server.ts';
import { runPart } from './part.ts';

await runPart(startServer);
