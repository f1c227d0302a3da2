/** One attempt in a real sandbox with real interpreters: what goes well, and every way in which it does not. */
import { execFileSync } from 'node:child_process';
import { chmod, readdir, rm, truncate } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readLog } from '../logs/read.ts';
import { traceparentOf } from '../observe/trace.ts';
import { type Bench, handOn, openBench, ports, workOf } from './work.testing.ts';

// Interpreters with libraries of data take their time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const secret = 'swordfish_7';
const key = { $secret: 'API_KEY' };
let bench: Bench;
beforeAll(async () => {
  bench = await openBench({
    secrets: async (work) => (work.parameters.key ? { API_KEY: secret } : ({} as Record<string, string>)),
  });
}, 600_000);
afterAll(() => bench.close());

const python = (code: string, more: object = {}) => bench.carry({ code, ...more });

/** Aborts as soon as the attempt has said something, which it does once it is ready for it. */
const cancelNow = (abort: AbortController, reason: string) => async () => {
  abort.abort(reason);
  return true;
};

describe('an attempt that goes well', () => {
  test('keeps its outputs, tells its metrics and progress, and leaves a log', async () => {
    const done = await python(
      `from drawloom import Metrics, log_metric, progress
def f(*, n: int = 3) -> Metrics:
    for step in range(n):
        log_metric("loss", 1 / (step + 1), step=step)
    progress(0.5)
    print("hello from", n)
    return Metrics(auc=0.75)`,
      { parameters: { n: 4 } },
    );
    expect(done).toMatchObject({ reason: 'ok', exitCode: 0, signal: null, tier: 'fork', isolation: 'full' });
    expect(done.outputs).toMatchObject([
      { port: 'metrics', kind: 'metrics', mediaType: 'application/json', facts: { metrics: { auc: 0.75 } } },
    ]);
    expect(await bench.read(done, 'metrics')).toBe('{"auc": 0.75}');
    expect(done.metrics.map(({ key, step, value }) => [key, step, value])).toEqual([
      ['loss', 0, 1],
      ['loss', 1, 0.5],
      ['loss', 2, 1 / 3],
      ['loss', 3, 0.25],
      ['auc', 0, 0.75],
    ]);
    expect(done.shares).toEqual([0.5]);
    expect(done.log).toBe('hello from 4\n');
    expect(done.peakMemoryBytes).toBeGreaterThan(0);
    expect(done.cpuMs).toBeGreaterThanOrEqual(0);
    expect(done.wallMs).toBeGreaterThan(0);
  });

  test('hands the node’s code the place of the attempt in its trace', async () => {
    const place = traceparentOf(workOf({ run: 7, attempt: 2 }));
    const done = await python(
      `import os
from drawloom import context
def f() -> None:
    print(context.traceparent, os.environ["TRACEPARENT"])`,
      { run: 7, attempt: 2 },
    );
    expect(done.log).toBe(`${place} ${place}\n`);
    const code =
      "import { context } from 'drawloom';\nexport default function f(): void {\n  console.log(context().traceparent, process.env.TRACEPARENT);\n}\n";
    const typed = await bench.carry({ language: 'typescript', code, run: 7, attempt: 2 });
    expect(typed.log).toBe(`${place} ${place}\n`);
  });

  test('hands a table, a model and a file from node to node', async () => {
    const made = await python(
      `import pandas as pd
from pathlib import Path
def make() -> tuple[pd.DataFrame, Path]:
    Path("note.txt").write_text("a note")
    return pd.DataFrame({"a": range(20), "late": [i > 9 for i in range(20)]}), Path("note.txt")`,
    );
    expect(made).toMatchObject({
      reason: 'ok',
      outputs: [{ rowCount: 20, columns: [{ name: 'a', type: 'BIGINT' }, {}] }, {}],
    });
    const trained = await python(
      `import pandas as pd
from drawloom import Model
from sklearn.linear_model import LogisticRegression
def train(rows: pd.DataFrame) -> Model:
    return LogisticRegression().fit(rows[["a"]], rows["late"])`,
      { inputs: [handOn(made, 'table', 'rows')] },
    );
    expect(trained).toMatchObject({
      reason: 'ok',
      outputs: [{ kind: 'model', facts: { class: 'LogisticRegression' } }],
    });
    expect(trained.outputs[0]!.members!.map(({ path: member }) => member)).toContain('MLmodel');
    const used = await python(
      `import pandas as pd
from pathlib import Path
def use(model, rows: pd.DataFrame, note: Path, several: list[Path]) -> dict:
    return {"late": int(model.predict(rows[["a"]]).sum()), "note": note.read_text(), "several": [p.name for p in several]}`,
      {
        inputs: [
          handOn(trained, 'model'),
          handOn(made, 'table', 'rows'),
          handOn(made, 'file', 'note'),
          handOn(made, 'file', 'several', 1),
          handOn(made, 'file', 'several', 0),
        ],
      },
    );
    expect(used.reason).toBe('ok');
    expect(JSON.parse(await bench.read(used, 'value'))).toEqual({
      late: 10,
      note: 'a note',
      several: ['several.0.txt', 'several.1.txt'],
    });
  });

  test('runs SQL and TypeScript alike', async () => {
    const made = await python(
      'import pandas as pd\ndef make() -> pd.DataFrame:\n    return pd.DataFrame({"x": [1, 2, 3]})',
    );
    const queried = await bench.carry({
      language: 'sql',
      code: 'select x * 2 as y from t where x > 1',
      inputs: [handOn(made, 'table', 't')],
    });
    expect(queried).toMatchObject({
      reason: 'ok',
      outputs: [{ port: 'table', rowCount: 2, columns: [{ name: 'y' }] }],
    });
    const typed = await bench.carry({
      language: 'typescript',
      code: `import type { Table } from 'drawloom';
export default async function total(t: Table): Promise<number> {
  let sum = 0;
  for await (const row of t.rows()) sum += Number(row.y);
  console.log('summed');
  return sum;
}`,
      inputs: [handOn(queried, 'table', 't')],
    });
    expect(typed).toMatchObject({ reason: 'ok', log: 'summed\n' });
    expect(await bench.read(typed, typed.outputs[0]!.port)).toBe('10');
  });

  test('runs the code of a built-in node type', async () => {
    const made = await python(
      'import pandas as pd\ndef make() -> pd.DataFrame:\n    return pd.DataFrame({"x": [1, 2, 3]})',
    );
    const drawn = await bench.carry({
      type: 'figure',
      inputs: [handOn(made, 'table')],
      parameters: { x: 'x' },
      inputPorts: ports(['table', 'table']),
      outputPorts: ports(['figure', 'figure']),
    });
    expect(drawn).toMatchObject({ reason: 'ok', outputs: [{ mediaType: 'image/svg+xml' }] });
  });

  test('gives the same bytes for the same work, also in a cold interpreter', async () => {
    const code =
      'import numpy as np, pandas as pd\ndef f() -> pd.DataFrame:\n    return pd.DataFrame({"x": np.random.rand(100)})';
    const [first, second, cold] = [await python(code), await python(code), await python(code, { tier: 'cold' })];
    expect(cold.tier).toBe('cold');
    expect(second.outputs[0]!.sha256).toBe(first.outputs[0]!.sha256);
    expect(cold.outputs[0]!.sha256).toBe(first.outputs[0]!.sha256);
  });

  test('takes earlier work over when its bytes are whole, and works anew when they are not', async () => {
    const code = 'def f() -> str:\n    return "made once, kept, and then lost"';
    const first = await python(code);
    const reuse = { run: 5, node: 2, nodeId: 'f', outputs: first.outputs };
    expect(await python(code, { reuse })).toMatchObject({ reason: 'ok', reusedFrom: { run: 5, node: 2 }, outputs: [] });
    const file = bench.executor.store.pathOf(first.outputs[0]!.sha256);
    await chmod(file, 0o644);
    await truncate(file, 3);
    const again = await python(code, { reuse });
    expect(again.reusedFrom).toBeUndefined();
    expect(await bench.read(again, 'value')).toBe('"made once, kept, and then lost"');
  });

  test.each([
    [
      'python',
      `from drawloom import Secret, log_metric
import os
def f(*, key: Secret):
    print("the key is", key, repr(key), [key], len(key))
    print(sorted(os.environ), file=__import__("sys").stderr)
    log_metric(f"key {key}", 1)
    raise type(f"Error_{key}", (ValueError,), {})(f"refused {key}")`,
      "the key is *** Secret('***') [Secret('***')] 11",
    ],
    [
      'typescript',
      `import { type Secret, logMetric } from 'drawloom';
export default function f({ key }: { key: Secret }): void {
  console.log('the key is', key, Buffer.from(key).toString('base64'), key.length);
  logMetric('key ' + key, 1);
  throw new Error('refused ' + key);
}`,
      'the key is *** *** 11',
    ],
  ] as const)('gets the secrets that its %s names, and nobody else sees them', async (language, code, line) => {
    const done = await bench.carry({ language, code, parameters: { key } });
    expect(done.log).toContain(`${line}\n`);
    expect(done).toMatchObject({
      reason: 'user_error',
      error: { message: 'refused ***' },
      metrics: [{ key: 'key ***' }],
    });
    expect(done.log + JSON.stringify(done)).not.toContain('swordfish');
  });

  test.each([
    [
      'itself',
      'from drawloom import Secret\ndef f(*, key: Secret) -> dict:\n    return {"a": [key]}',
      'returned a secret',
    ],
    [
      'in a text',
      'from drawloom import Secret\ndef f(*, key: Secret) -> str:\n    return f"Bearer {key}"',
      'holds a secret',
    ],
    [
      'in a file, encoded',
      `from drawloom import Secret, File
import base64
def f(*, key: Secret) -> File:
    with open("a.txt", "wb") as file:
        file.write(base64.b64encode(b"Bearer " + key.encode()))
    return File("a.txt")`,
      'holds a secret',
    ],
    [
      'in a model',
      `from drawloom import Secret
class Caller:
    def __init__(self, key): self.key = key
    def predict(self, x): return x
def f(*, key: Secret) -> Caller:
    return Caller(key)`,
      'a secret is not kept',
    ],
  ])('keeps no output that holds a secret: %s', async (_, code, why) => {
    const done = await python(code, { parameters: { key } });
    expect(done).toMatchObject({ reason: 'bad_output', outputs: [] });
    expect(done.error!.message).toContain(why);
    expect(done.error!.message).not.toContain('swordfish');
  });

  test('does not start without a secret that its node names', async () => {
    const done = await bench.carry({
      code: 'from drawloom import Secret\ndef f(*, other: Secret):\n    print("ran")',
      parameters: { other: { $secret: 'GONE' } },
    });
    expect(done).toMatchObject({ reason: 'bad_input', log: '' });
    expect(done.error!.message).toContain('GONE is not set any more');
  });
});

describe('an attempt that goes wrong says why', () => {
  test('when its code raises, with the line', async () => {
    const done = await python('def f(x):\n    return 1\n\ndef g():\n    values = {}\n    return values["a"]');
    expect(done).toMatchObject({ reason: 'user_error', outputs: [], error: { type: 'KeyError', line: 6 } });
    expect(done.error!.traceback).toContain('File "node.py", line 6, in g');
    expect(done.log).toContain('KeyError');
  });

  test.each([
    [
      'python',
      'def f() -> str:\n  import os\n  os._exit(0)',
      'bad_output',
      'ended by itself before its function returned',
    ],
    ['python', 'def f() -> str:\n  import os\n  os._exit(3)', 'user_error', 'ended with exit code 3'],
    ['python', 'def f() -> str:\n  import sys\n  sys.exit()', 'user_error', 'called exit()'],
    ['python', 'def f() -> str:\n  import ctypes\n  ctypes.string_at(0)', 'killed', 'ended by SIGSEGV'],
    [
      'python',
      'import pandas as pd\ndef f() -> pd.DataFrame:\n  return None',
      'bad_output',
      'declares a table, but returned None',
    ],
    [
      'python',
      'def f() -> str:\n  x = "a" * (2 << 30)\n  return x[:1]',
      'oom',
      'needed more memory than its limit of 256 MB',
    ],
    ['python', 'def f() -> str:\n  while True: pass', 'timeout', 'longer than its limit of 700 ms'],
    [
      'python',
      'def f() -> str:\n  with open("big", "wb") as f:\n    while True: f.write(b"x" * 65536)',
      'disk_full',
      '',
    ],
    ['typescript', 'export default function f(): number { process.exit(0) }', 'user_error', 'exit'],
    ['typescript', 'export default function f(): number { throw new Error("bad") }', 'user_error', 'bad'],
    ['sql', 'select * from nothing_here', 'bad_input', 'nothing_here'],
  ] as const)('%s: %j → %s', async (language, code, reason, message) => {
    const done = await bench.carry({
      language,
      code,
      timeoutMs: reason === 'timeout' ? 700 : 20_000,
      memoryBytes: 256 * 2 ** 20,
      diskBytes: 8 * 2 ** 20,
    });
    expect(done.reason).toBe(reason);
    expect(done.error!.message).toContain(message);
    expect(done.outputs).toEqual([]);
    // the limit that was hit is evidence
    if (reason === 'timeout') expect(done.error!.known).toEqual({ timeoutMs: 700 });
    if (reason === 'oom') expect(done.error!.known).toEqual({ memoryBytes: 256 * 2 ** 20 });
  });

  test('when its input is gone or damaged, before anything starts', async () => {
    const made = await python('def f() -> str:\n  return "an input that goes away"');
    const input = handOn(made, 'value', 'a');
    await rm(bench.executor.store.pathOf(input.sha256));
    const done = await python('def f(a: str) -> str: return a', { inputs: [input] });
    expect(done).toMatchObject({
      reason: 'bad_input',
      error: {
        message: expect.stringContaining('The input "a" is missing'),
        known: { input: { port: 'a', sha256: input.sha256, condition: 'missing' } },
      },
    });
  });

  test('when its environment is gone', async () => {
    const done = await python('import numpy\ndef f() -> str: return ""', { environment: 'f'.repeat(64) });
    expect(done).toMatchObject({
      reason: 'infra',
      error: { message: expect.stringContaining('Start Drawloom again') },
    });
  });

  test('when it is cancelled, and then nothing of it is left', async () => {
    const abort = new AbortController();
    const code = `import os, signal, subprocess, sys, time
def f() -> str:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    subprocess.Popen([sys.executable, "-c", "import time, os, signal; signal.signal(15, signal.SIG_IGN); os.setsid(); time.sleep(86399)"])
    print("ready", flush=True)
    time.sleep(86400)`;
    const running = bench.carry({ code }, abort.signal, { onLogChunk: cancelNow(abort, 'cancelled') });
    expect(await running).toMatchObject({ reason: 'cancelled', outputs: [] });
    const processes = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
    expect(processes).not.toContain('sleep(86399)');
  });

  test('and another attempt that counts ends this one at once', async () => {
    const abort = new AbortController();
    const stubborn =
      'import signal, time\ndef f():\n    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    print("ready", flush=True)\n    time.sleep(60)';
    const done = await bench.carry({ code: stubborn }, abort.signal, { onLogChunk: cancelNow(abort, 'lost') });
    expect(done).toMatchObject({ reason: 'cancelled', signal: 'SIGKILL' });
    expect(done.wallMs).toBeLessThan(5000);
  });
});

describe('whoever is told that another attempt counts', () => {
  const endless =
    'import time\nfrom drawloom import log_metric\ndef f():\n    while True:\n        print("still here")\n        log_metric("x", 1)\n        time.sleep(0.05)';

  test.each(['onLogChunk', 'onMetrics'] as const)('by %s ends its own at once', async (name) => {
    const started = performance.now();
    const done = await bench.carry({ code: endless }, undefined, { [name]: async () => false });
    expect(done).toMatchObject({ reason: 'cancelled', outputs: [], signal: 'SIGKILL' });
    expect(performance.now() - started).toBeLessThan(5000);
  });

  test('and one whose log cannot be recorded says so', async () => {
    const broken = () => Promise.reject(new Error('no such table'));
    expect(await bench.carry({ code: endless }, undefined, { onLogChunk: broken })).toMatchObject({
      reason: 'infra',
      error: { message: expect.stringContaining('could not be recorded') },
    });
  });
});

describe('much of it', () => {
  test('200 MB of output leave their head and tail, and little memory is taken', async () => {
    const before = process.memoryUsage().rss;
    const done = await python(
      'import sys\ndef f():\n    line = "an ordinary line of a log, of which there are many\\n" * 1000\n    for _ in range(4000): sys.stdout.write(line)\n    print("the end")',
    );
    expect(done.reason).toBe('ok');
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 2 ** 20);
    const last = done.chunks.at(-1)!;
    const { bytes } = await readLog(bench.executor.logsFolder, done.chunks, {
      from: last.byteOffset,
      to: last.byteOffset + last.sizeBytes,
    });
    expect(bytes.toString().endsWith('\nthe end\n')).toBe(true);
  });

  test('whatever TypeScript prints before it ends is in its log to the last line, however busy the worker is', async () => {
    const code = `export default function f(): string {
  for (let n = 0; n < 2000; n++) console.log('straw ' + n);
  return '';
}
`;
    const ended = await Promise.all(
      Array.from({ length: 8 }, async () => (await bench.carry({ language: 'typescript', code })).log),
    );
    for (const log of ended) expect(log.split('\n')).toHaveLength(2001);
  });

  test('20,000 metrics arrive, each once and in order', async () => {
    const done = await python(
      'from drawloom import log_metric\ndef f():\n    for i in range(20_000): log_metric("loss", i)',
    );
    expect(done.metrics.map(({ value }) => value)).toEqual(Array.from({ length: 20_000 }, (_, index) => index));
    expect(new Set(done.metrics.map(({ at }) => at)).size).toBe(20_000);
  });
});

describe('what comes out of the sandbox is not believed', () => {
  const lie = (message: string) =>
    python(
      `import json, os
def f() -> str:
    os.symlink("/etc", "etc"); os.symlink("/etc/passwd", "link"); os.mkdir("folder"); open("real.json", "w").write("1")
    for message in ${message}:
        os.write(3, (json.dumps(message) + "\\n").encode())
    os._exit(0)`,
      { outputPorts: ports(['value', 'value']) },
    );
  const told = (file: string, more = '') =>
    `[{"type": "output", "port": "value", "kind": "value", "path": "${file}", "mediaType": "application/json"${more}}, {"type": "done"}]`;

  test('but what it says rightly is taken', async () => {
    expect((await lie(told('real.json'))).reason).toBe('ok');
  });

  test.each([
    ['a link', told('link')],
    ['a way through a link', told('etc/passwd')],
    ['a way out', told('../in/x')],
    ['an absolute path', told('/etc/passwd')],
    ['the folder itself', told('.')],
    ['a folder for a file', told('folder')],
    ['another kind', told('real.json').replace('"kind": "value"', '"kind": "table"')],
    ['a port that is not declared', told('real.json').replace('"port": "value"', '"port": "other"')],
    ['nothing but the end', '[{"type": "done"}]'],
    ['nonsense', '[{"type": "output", "port": 3}, {"type": "done"}]'],
    [
      'the same twice',
      told('real.json').replace(
        '[{',
        '[{"type": "output", "port": "value", "kind": "value", "path": "real.json", "mediaType": "application/json"}, {',
      ),
    ],
  ])('%s', async (_, message) => {
    expect(await lie(message)).toMatchObject({ reason: 'bad_output', outputs: [] });
  });

  test.each([
    ['python', 'import os\ndef f() -> str:\n    os.write(3, MESSAGE)\n    os._exit(1)'],
    [
      'typescript',
      'import { writeSync } from "node:fs";\nexport default function f(): string {\n  writeSync(3, MESSAGE);\n  process.exit(1);\n}',
    ],
  ] as const)('that the house is at fault, when %s code of a user says it', async (language, code) => {
    const failed = JSON.stringify({ type: 'failed', reason: 'infra', error: { type: 'Error', message: 'not me' } });
    const message = `${language === 'python' ? 'b' : ''}${JSON.stringify(`${failed}\n`)}`;
    expect(await bench.carry({ language, code: code.replace('MESSAGE', message) })).toMatchObject({
      reason: 'user_error',
      error: { message: 'not me' },
    });
  });

  test('metrics that are none, and messages that are none, do no harm', async () => {
    const done = await lie(
      `[{"type": "metric", "key": 3}, {"type": "metric", "key": "x", "value": "NaN", "step": 1}, 7, {"type": "progress", "share": "x"}] + ${told('real.json')}`,
    );
    expect(done.reason).toBe('ok');
    expect(done.metrics.map(({ key, value }) => [key, value])).toEqual([['x', Number.NaN]]);
  });
});

test('nothing is left when all is done', async () => {
  expect(await readdir(path.join(bench.home, 'artifacts/incoming'))).toEqual([]);
  const slots = (await readdir(path.join(bench.home, 'attempts'), { recursive: true })).filter((name) =>
    name.endsWith('/job'),
  );
  // Only processes that wait ready have folders.
  expect(slots.length).toBeLessThan(60);
});

test('forty attempts, one after the other and side by side, share nothing', async () => {
  const code = `import os, random
from pathlib import Path
def f() -> dict:
    found = [name for place in ("/tmp", "/dev/shm", ".") for name in os.listdir(place) if name == "left-behind"]
    for place in ("/tmp", "/dev/shm", "."):
        Path(place, "left-behind").write_text("x")
    return {"found": found, "pid": os.getpid(), "drawn": random.random()}`;
  bench.executor.expect(Array.from({ length: 40 }, () => workOf({ code })));
  const one = async () => JSON.parse(await bench.read(await python(code, { environment: null }), 'value'));
  const seen = [];
  for (let index = 0; index < 20; index++) seen.push(await one());
  seen.push(...(await Promise.all(Array.from({ length: 20 }, one))));
  expect(new Set(seen.map((each) => JSON.stringify(each)))).toEqual(
    new Set(['{"found":[],"pid":1,"drawn":0.32383276483316237}']),
  );
});

describe('node code may start processes of its own', () => {
  test.each([
    [
      'of joblib',
      'from joblib import Parallel, delayed\ndef g(x): return x * x\ndef f() -> list: return Parallel(2)(delayed(g)(i) for i in range(4))',
    ],
    [
      'of multiprocessing, forked',
      'import multiprocessing as m\ndef g(x): return x * x\ndef f() -> list:\n    with m.get_context("fork").Pool(2) as p: return p.map(g, range(4))',
    ],
    [
      'of multiprocessing, spawned',
      'import multiprocessing as m\ndef g(x): return x * x\ndef f() -> list:\n    with m.get_context("spawn").Pool(2) as p: return p.map(g, range(4))',
    ],
    [
      'of concurrent.futures',
      'import numpy as np\nfrom concurrent.futures import ProcessPoolExecutor\ndef g(x): return int(np.square(x))\ndef f() -> list:\n    with ProcessPoolExecutor(2) as p: return list(p.map(g, range(4)))',
    ],
  ])(
    '%s',
    async (_, code) => {
      const done = await python(code, { timeoutMs: 60_000 });
      expect(done.error).toBeUndefined();
      expect(JSON.parse(await bench.read(done, 'value'))).toEqual([0, 1, 4, 9]);
    },
    90_000,
  );

  test('and a copy of itself that comes back tells nothing', async () => {
    const done = await python(
      'import os\ndef f() -> str:\n    if os.fork() == 0: return "copy"\n    os.wait()\n    return "original"',
    );
    expect(await bench.read(done, 'value')).toBe('"original"');
  });
});
