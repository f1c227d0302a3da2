/** Decides what the process of a worker is: the worker, and nothing else. */
import { startWorker } from '../worker.ts';
import { runPart } from './part.ts';

await runPart(startWorker);
