/**
 * Decides how one attempt goes from its inputs to its outcome: what it may take over, what it is handed, what is heard from it,
 * and what becomes of what it left. Nothing it wrote counts before its last process is gone.
 */

import path from 'node:path';
import { approvalType } from '@drawloom/shared/pipeline/approval.ts';
import { partType } from '@drawloom/shared/pipeline/parts.ts';
import { secretsIn } from '@drawloom/shared/pipeline/secrets.ts';
import type { KnownOfEnd } from '@drawloom/shared/run/failure/evidence.ts';
import { ArtifactMissingError, type ArtifactStore, StorageFullError } from '../artifacts/store.ts';
import { AttemptLog } from '../logs/attemptLog.ts';
import { Mask } from '../logs/mask.ts';
import { traceparentOf } from '../observe/trace.ts';
import { stripUserCode } from '../typeless/userCode.ts';
import { endingOf, FailureMessage, type Limits, logLost, type Said } from './ending.ts';
import type { AttemptContext, AttemptOutcome, ReuseCandidate, Work } from './executor.ts';
import { firstUnsound, linkInputs } from './inputs.ts';
import { cutting, isCut, mostItems, type Telling, tellCut, tellItems, withItem } from './items.ts';
import { EnvironmentMissingError, type Lanes } from './lanes.ts';
import { MetricBatches, MetricMessage } from './metrics.ts';
import { BadOutput, collectOutputs, OutputMessage } from './outputs.ts';
import type { Slot, SlotExit } from './sandbox/slot.ts';
import { openTracking, type Tracking } from './tracking.ts';

export interface AttemptParts {
  store: ArtifactStore;
  lanes: Lanes;
  logsFolder: string;
  /** A file with the code of a node that carries none, and the text that says what it imports. */
  ownCode(work: Work): { file: string; code: string } | undefined;
  limits: Limits & { threads: number; maxFiles: number; itemsToldAtOnce: number };
  /** What the house does itself for nodes without code; undefined for all others. */
  ownWork?(work: Work): Promise<AttemptOutcome> | undefined;
  /** The secrets that its node names, by name: handed to the attempt alone, and masked wherever it writes them. */
  secrets(work: Work): Promise<Record<string, string>>;
}

const mostOutputs = 10_000;

export async function carryOut(parts: AttemptParts, work: Work, context: AttemptContext): Promise<AttemptOutcome> {
  const { mapOver } = work;
  if (mapOver === null || work.mapIndex > 0 || !isCut(work)) return carryOutOne(parts, work, context);
  if (!work.inputs.some((input) => input.port === mapOver)) return { reason: 'parked', park: 'map', outputs: [] };
  return tellCut(await carryOutOne(parts, cutting(work, mapOver), context), tellingOf(parts, context));
}

const tellingOf = ({ limits }: AttemptParts, context: AttemptContext): Telling => ({
  context,
  atOnce: limits.itemsToldAtOnce,
  stopped: cancelled,
});

async function carryOutOne(parts: AttemptParts, work: Work, context: AttemptContext): Promise<AttemptOutcome> {
  const { store, lanes } = parts;
  const takenAt = performance.now();
  if (context.signal.aborted) return cancelled(context.signal);
  if (work.reuse && !(await firstUnsound(store, work.reuse.outputs)))
    return { reason: 'ok', outputs: [], reusedFrom: placeOfReuse(work.reuse) };
  const unsound = await firstUnsound(store, work.inputs);
  if (unsound) return failed('bad_input', inputGone(unsound), { input: placeOfInput(unsound) });
  // The house starts it, or asks people, and says how it ended.
  if (work.type === partType) return { reason: 'parked', park: 'child', outputs: [] };
  if (work.mapOver !== null && work.mapIndex === 0 && !isCut(work))
    return tellItems(store, work, work.mapOver, tellingOf(parts, context));
  if (work.type === approvalType) return { reason: 'parked', park: 'approval', outputs: [] };
  const done = parts.ownWork?.(work);
  if (done) return { ...(await done), tier: 'house' };
  const secrets = await parts.secrets(work);
  const gone = [...secretsIn(work.parameters)].find(({ name }) => !Object.hasOwn(secrets, name));
  if (gone)
    return failed(
      'bad_input',
      `The secret ${gone.name} is not set any more. Set it under Settings, Secrets, then run again.`,
      { secret: gone.name },
    );
  const own = work.cut ? undefined : parts.ownCode(work);
  const lane = lanes.of(work, work.code ?? own?.code ?? '');
  let slot: Slot | undefined;
  try {
    const taken = await lanes.take(lane);
    slot = taken.slot;
    if (context.signal.aborted) return cancelled(context.signal);
    const inside = taken.host.mode === 'none' ? slot.jobFolder.replace(/job$/, 'in') : '/in';
    const attempt = new Attempt(parts, await withItem(store, work), context, slot, secrets, own?.file);
    const outcome = await attempt.run(inside);
    return { ...outcome, ...attempt.startedAfter(takenAt), tier: work.tier, isolation: taken.host.level.level };
  } catch (error) {
    if (error instanceof EnvironmentMissingError) return failed('infra', error.message);
    if (error instanceof ArtifactMissingError)
      return failed('bad_input', `An input went away before it could be read. ${error.message}`);
    if (error instanceof StorageFullError || (error as NodeJS.ErrnoException).code === 'ENOSPC')
      return failed('disk_full', 'There is no room left on the server. Free some space, then run again.');
    throw error;
  } finally {
    // Every process is gone by now, or was never begun; only its folder is still to be taken away.
    if (slot) lanes.giveBack(slot);
  }
}

class Attempt {
  readonly #parts: AttemptParts;
  readonly #work: Work;
  readonly #context: AttemptContext;
  readonly #slot: Slot;
  readonly #secrets: Record<string, string>;
  readonly #mask: Mask;
  readonly #ownFile: string | undefined;
  readonly #limits: Limits;
  readonly #outputs: OutputMessage[] = [];
  readonly #said: Said = { done: false, failed: undefined };
  #nonsense: string | undefined;
  #fullLog = false;
  #dispatchedAt: number | undefined;

  constructor(
    parts: AttemptParts,
    work: Work,
    context: AttemptContext,
    slot: Slot,
    secrets: Record<string, string>,
    ownFile: string | undefined,
  ) {
    this.#parts = parts;
    this.#work = work;
    this.#context = context;
    this.#slot = slot;
    this.#secrets = secrets;
    this.#mask = new Mask(Object.values(secrets));
    this.#ownFile = ownFile;
    this.#limits = {
      timeoutMs: work.timeoutMs ?? parts.limits.timeoutMs,
      memoryBytes: work.memoryBytes ?? parts.limits.memoryBytes,
      diskBytes: work.diskBytes ?? parts.limits.diskBytes,
      pids: parts.limits.pids,
    };
  }

  async run(inside: string): Promise<AttemptOutcome> {
    const { signal } = this.#context;
    const inputs = await linkInputs(this.#parts.store, this.#work, this.#slot, inside);
    const { language, code } = this.#work;
    const typeless = language === 'typescript' && code !== null ? await stripUserCode(code) : null;
    const log = this.#openLog();
    const metrics = new MetricBatches(this.#context.onMetrics, this.#seeHeld, this.#seeTrouble);
    this.#slot.onStdout((chunk) => log.take('stdout', chunk));
    this.#slot.onStderr((chunk) => log.take('stderr', chunk));
    this.#slot.onMessage((message) => this.#hear(message, metrics));
    const stop = () =>
      void this.#slot.kill(String(signal.reason ?? 'cancelled'), signal.reason === 'lost' ? 0 : undefined);
    signal.addEventListener('abort', stop, { once: true });
    let exit: SlotExit;
    const tracking = await this.#track(inside, metrics);
    try {
      if (signal.aborted) stop();
      else {
        this.#dispatchedAt = performance.now();
        this.#slot.dispatch({ ...this.#message(inputs, typeless), ...tracking?.told }, this.#limits);
      }
      exit = await this.#slot.exited;
      await this.#slot.drained;
    } finally {
      signal.removeEventListener('abort', stop);
    }
    // What the code sent last is answered before the last numbers are told.
    await tracking?.close(outcomeSoFar(signal, this.#said));
    await metrics.flush();
    const outcome = await this.#outcome(exit);
    if (outcome.error && exit.killedFor) log.note(outcome.error.message);
    await log.close();
    // What it wrote last is kept last, when nothing is left to be killed for it.
    const kept = outcome.reason === 'ok' && this.#fullLog ? { ...logLost, outputs: [] } : outcome;
    const { exitCode, signal: ended, peakMemoryBytes, cpuMs, wallMs } = exit;
    return { ...kept, exitCode, signal: ended, peakMemoryBytes, cpuMs, wallMs };
  }

  /** How long it took from then until its code began; nothing where that never came. */
  startedAfter(takenAt: number): { startMs?: number } {
    return this.#dispatchedAt === undefined ? {} : { startMs: Math.round(this.#dispatchedAt - takenAt) };
  }

  /** For code that names MLflow: all other nodes go without a server of their own. */
  async #track(inside: string, metrics: MetricBatches): Promise<Tracking | undefined> {
    const { language, code } = this.#work;
    if (language !== 'python' || code === null || !/mlflow/i.test(code)) return undefined;
    const tracked = this.#context.track?.({
      log: (metric) => metrics.add(metric),
      flush: () => metrics.flush(),
      mask: (text) => this.#mask.text(text),
      maskStream: () => this.#mask.stream(),
      diskBytes: this.#limits.diskBytes,
    });
    return tracked && openTracking(tracked, path.join(this.#slot.jobFolder, '../in'), inside);
  }

  #openLog(): AttemptLog {
    const { run, nodeId, mapIndex, attempt, fence } = this.#work;
    return new AttemptLog({
      folder: this.#parts.logsFolder,
      file: `${run}/${nodeId}.${mapIndex}.${attempt}.${fence}.log`,
      mask: this.#mask,
      onChunk: async (chunk) => this.#seeHeld(await this.#context.onLogChunk(chunk)),
      onTrouble: this.#seeTrouble,
    });
  }

  /** The database says that another attempt counts now: what this one does is for nobody. */
  readonly #seeHeld = (held: boolean): void => {
    if (!held) void this.#slot.kill('lost', 0);
  };

  readonly #seeTrouble = (error: Error): void => {
    const code = (error as NodeJS.ErrnoException).code;
    const full = code === 'ENOSPC' || code === 'EDQUOT';
    this.#fullLog ||= full;
    void this.#slot.kill(full ? 'storage' : 'observer', 0);
  };

  #message(inputs: object[], typeless: string | null): object {
    const work = this.#work;
    return {
      language: work.language ?? 'python',
      ...(work.code !== null ? { code: typeless ?? work.code } : { file: this.#ownFile }),
      ...(typeless !== null && { typeless: true }),
      ...(work.cut && { cut: work.cut }),
      name:
        work.code !== null ? `${work.nodeId}.${endings[work.language ?? 'python']}` : `${work.type}/${mainOf(work)}`,
      inputs,
      ports: work.inputPorts.map(({ name, kind, many }) => ({ port: name, kind, ...(many && { many }) })),
      parameters: work.parameters,
      ...(Object.keys(this.#secrets).length > 0 && { secrets: this.#secrets }),
      outputs: work.outputPorts.map(({ name, kind, optional }) => ({
        port: name,
        kind,
        ...(optional && { optional }),
      })),
      seed: work.seed ?? 0,
      env: { TZ: 'UTC', TRACEPARENT: traceparentOf(work) },
      limits: { memoryBytes: this.#limits.memoryBytes, threads: this.#parts.limits.threads },
      attempt: {
        run: work.run,
        node: work.nodeId,
        mapIndex: work.mapIndex,
        attempt: work.attempt,
        fence: work.fence,
        idempotencyKey: work.idempotencyKey,
        traceparent: traceparentOf(work),
      },
    };
  }

  #hear(message: Record<string, unknown>, metrics: MetricBatches): void | Promise<void> {
    switch (message.type) {
      case 'metric': {
        const metric = MetricMessage.safeParse(message);
        return metric.success ? metrics.add({ ...metric.data, key: this.#mask.text(metric.data.key) }) : undefined;
      }
      case 'progress':
        if (typeof message.share === 'number') this.#context.onProgress(Math.min(1, Math.max(0, message.share)));
        return;
      case 'output': {
        const output = OutputMessage.safeParse(message);
        if (!output.success) this.#nonsense ??= output.error.issues[0]?.message ?? 'malformed';
        else if (this.#outputs.length < (this.#work.cut ? mostItems : mostOutputs)) this.#outputs.push(output.data);
        return;
      }
      case 'done':
        this.#said.done = true;
        return;
      case 'failed': {
        const failure = FailureMessage.safeParse(message);
        if (failure.success) this.#said.failed ??= believed(failure.data, this.#work);
        return;
      }
      case 'crash':
        this.#said.failed ??= {
          reason: message.outOfMemory === true ? 'oom' : 'user_error',
          error: { type: 'Error', message: String(message.error ?? '').slice(0, 2000), line: null, column: null },
        };
        return;
    }
  }

  async #outcome(exit: SlotExit): Promise<AttemptOutcome> {
    const ending = endingOf(exit, this.#said, this.#limits);
    if (ending) {
      const { error } = ending;
      return {
        reason: ending.reason,
        outputs: [],
        error: {
          ...error,
          ...(error.type !== undefined && { type: this.#mask.text(error.type) }),
          message: this.#mask.text(error.message),
          ...(error.traceback && { traceback: this.#mask.text(error.traceback) }),
        },
      };
    }
    if (this.#nonsense)
      return failed('bad_output', `"${this.#work.name}" told of an output in a form that cannot be read.`);
    const { store, limits } = this.#parts;
    try {
      const outputs = await collectOutputs(
        store,
        this.#work.name,
        this.#work.outputPorts,
        this.#outputs,
        this.#slot.jobFolder,
        this.#mask,
        { maxBytes: this.#limits.diskBytes, maxFiles: limits.maxFiles },
      );
      return { reason: 'ok', outputs };
    } catch (error) {
      if (error instanceof BadOutput) return failed('bad_output', this.#mask.text(error.message));
      if (error instanceof StorageFullError) return failed('disk_full', error.message);
      throw error;
    }
  }
}

/**
 * That the house is at fault is believed of what the house wrote: its own TypeScript, and the engine around a query. Code of a user could
 * say it too, and so could a model that our Python loads; theirs is an error like any other.
 */
const believed = (failure: FailureMessage, { language, code }: Work): FailureMessage =>
  failure.reason !== 'infra' || language === 'sql' || (language === 'typescript' && code === null)
    ? failure
    : { ...failure, reason: 'user_error' };

const outcomeSoFar = (signal: AbortSignal, { done }: Said) =>
  signal.aborted ? 'KILLED' : done ? 'FINISHED' : 'FAILED';

const endings = { python: 'py', typescript: 'ts', sql: 'sql' } as const;
const mainOf = (work: Work) => `main.${endings[work.language ?? 'python']}`;

const failed = (reason: AttemptOutcome['reason'], message: string, known?: KnownOfEnd): AttemptOutcome => ({
  reason,
  outputs: [],
  error: { message, ...(known && { known }) },
});

const cancelled = (signal: AbortSignal): AttemptOutcome =>
  failed('cancelled', signal.reason === 'cancelled' ? 'It was cancelled.' : 'Its worker gave it back.');

const placeOfReuse = ({ run, node, mapIndex }: ReuseCandidate) => ({ run, node, mapIndex });

type Unsound = NonNullable<Awaited<ReturnType<typeof firstUnsound>>>;
const placeOfInput = ({ port, sha256, condition }: Unsound) => ({ port, sha256, condition });
const inputGone = ({ port, sha256, condition }: Unsound) =>
  `The input "${port}" is ${condition} in the artifact store (${sha256.slice(0, 12)}…). Run the node that makes it again.`;
