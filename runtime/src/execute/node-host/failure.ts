/** Decides how a failure is told: whose it is, what is wrong, where in the code, and what to do now. */
import type { FailureMessage } from './message.ts';

/** A failure with its sentence ready; everything else that is thrown is the user's own error. */
export class Failure extends Error {
  readonly reason: FailureMessage['reason'];
  readonly kind: string;
  readonly line?: number;
  readonly column?: number;

  constructor(
    reason: FailureMessage['reason'],
    message: string,
    where: { kind?: string; line?: number; column?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: where.cause });
    this.reason = reason;
    this.kind = where.kind ?? 'Error';
    if (where.line !== undefined) this.line = where.line;
    if (where.column !== undefined) this.column = where.column;
  }
}

export const badOutput = (message: string): Failure => new Failure('bad_output', message, { kind: 'OutputError' });

export function failureOf(error: unknown, userFile?: string): FailureMessage {
  if (error instanceof Failure) {
    const { reason, kind: type, message, line, column } = error;
    const place = { ...(line !== undefined && { line }), ...(column !== undefined && { column }) };
    return { type: 'failed', reason, error: { type, message, ...place } };
  }
  const isError = error instanceof Error;
  const type = isError ? error.name : typeof error;
  const said = isError ? plain(error, userFile) : `The code threw ${show(error)}, which is not an Error.`;
  const message = said.slice(0, longestMessage);
  const place = isError ? placeIn(error, userFile) : {};
  const traceback = isError ? tracebackOf(error, userFile) : undefined;
  return { type: 'failed', reason: 'user_error', error: { type, message, ...(traceback && { traceback }), ...place } };
}

/** What is longer is not read, and as one message would be too much for whoever hears it. */
const longestMessage = 20_000;

function show(value: unknown): string {
  try {
    return JSON.stringify(value)?.slice(0, 200) ?? String(value);
  } catch {
    return String(value);
  }
}

function plain(error: Error, userFile?: string): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX')
    return `${error.message.replace(' in strip-only mode', '')}. Types are only taken away here, so write plain objects and functions instead of enums, namespaces and parameter properties.`;
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    const name = /(?:package|module) '([^']+)'/.exec(error.message)?.[1] ?? 'A module';
    return `${name} is not there. A TypeScript node has Node's own modules (node:…) and drawloom; other packages are not installed.`;
  }
  return userFile ? error.message.replaceAll(userFile, 'the code') : error.message;
}

/** The first place in the user's own file: from the stack, or from the head that Node puts above a syntax error. */
function placeIn(error: Error, userFile?: string): { line?: number; column?: number } {
  const stack = String(error.stack ?? '');
  if (!userFile) return {};
  const found = new RegExp(`${escaped(userFile)}:(\\d+)(?::(\\d+))?`).exec(stack);
  if (!found) return {};
  const line = Number(found[1]);
  if (found[2]) return { line, column: Number(found[2]) };
  const caret = stack.split('\n').find((row) => /^\s*\^+\s*$/.test(row));
  return { line, ...(caret && { column: caret.indexOf('^') + 1 }) };
}

/** The stack with the user's frames and no others, and without the paths of the machine. */
function tracebackOf(error: Error, userFile?: string): string {
  const lines = String(error.stack ?? error.message).split('\n');
  const frames = lines.filter((line) => /^\s+at /.test(line) && userFile && line.includes(userFile));
  const head = `${error.name}: ${error.message}`;
  return [head, ...frames]
    .join('\n')
    .replaceAll(`file://${userFile}`, 'main.ts')
    .replaceAll(userFile ?? '\0', 'main.ts')
    .slice(0, longestMessage);
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
