/** Decides which versions meet what people ask for. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Problem } from '@drawloom/shared/problem.ts';
import { type Ended, run } from './command.ts';
import { environmentsFolder, openFolder } from './folder.ts';
import { EnvironmentProblem, explain, interrupted } from './problem.ts';
import { findPython, type Python } from './python.ts';
import { checkRequirements, lineOf, linesOf } from './requirements.ts';
import { prepareTools, type Tools } from './tools.ts';

/**
 * What people ask for, as every package with one version and the hashes of its files.
 * The lock fits every system and every Python from this machine's on; where that cannot be met, this machine alone.
 */
export async function lockRequirements(
  home: string,
  requirements: string,
  onProgress: (line: string) => void = () => {},
): Promise<{ lock: string } | { problems: Problem[] }> {
  const problems = checkRequirements(requirements);
  if (problems.length > 0) return { problems };
  try {
    const python = await findPython();
    openFolder(home);
    const tools = await prepareTools(home, python, onProgress);
    return { lock: await lock(home, requirements, python, tools) };
  } catch (cause) {
    if (!(cause instanceof EnvironmentProblem)) throw cause;
    const line = malformedLine(requirements, cause.said) ?? (cause.package && lineOf(requirements, cause.package));
    return { problems: [line ? { ...cause.problem, line } : cause.problem] };
  }
}

async function lock(home: string, requirements: string, python: Python, tools: Tools): Promise<string> {
  const doing = { what: 'locking the requirements', home: environmentsFolder(home) };
  if (!tools.uv) return lockWithPip(requirements, python, tools, doing);
  const oldest = python.version.slice(0, 2).join('.');
  const everywhere = await lockWithUv(requirements, python, tools, ['--universal', '--python-version', oldest]);
  if (everywhere.code === 0) return everywhere.stdout;
  const unmet = /No solution found/.test(everywhere.stderr);
  const ended = unmet ? await lockWithUv(requirements, python, tools, []) : everywhere;
  if (ended.code === null) throw interrupted(doing.what, ended.stderr);
  if (ended.code !== 0) throw explain(ended.stderr, doing);
  return ended.stdout;
}

/** uv gives the place as characters before the requirement that it cannot read. */
function malformedLine(requirements: string, said: string): number | undefined {
  const position = said.match(/parse requirement in `-` at position (\d+)/)?.[1];
  return position === undefined ? undefined : requirements.slice(0, Number(position)).split('\n').length;
}

/** `reach` says for which systems and Pythons besides this one. The lock is what is printed. */
export function lockWithUv(
  requirements: string,
  python: Python,
  { uv, env }: Tools,
  reach: readonly string[],
): Promise<Ended> {
  const bare = [
    '--generate-hashes',
    '--no-header',
    '--no-emit-index-url',
    '--no-emit-find-links',
    '--no-build',
    '--quiet',
  ];
  const call = [uv!, 'pip', 'compile', '-', '--python', python.path, ...bare, ...reach];
  return run(python.path, call, { env, input: requirements });
}

/** pip tells what it would install, as JSON, from which a lock for this machine follows. */
async function lockWithPip(
  requirements: string,
  python: Python,
  { pip, env }: Tools,
  doing: { what: string; home: string },
): Promise<string> {
  const call = [...pip!, 'install', '--dry-run', '--ignore-installed', '--only-binary', ':all:', '-vv'];
  const wanted = linesOf(requirements).map(({ text }) => text);
  const folder = mkdtempSync(path.join(doing.home, 'report-'));
  try {
    const file = path.join(folder, 'report.json');
    const ended = await run(python.path, [...call, '--report', file, '--', ...wanted], { env });
    if (ended.code === null) throw interrupted(doing.what, ended.stderr);
    if (ended.code !== 0) throw explain(`${ended.stdout}\n${ended.stderr}`, doing);
    return lockOf(JSON.parse(readFileSync(file, 'utf8')) as PipReport);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface PipReport {
  install: {
    metadata: { name: string; version: string };
    download_info: { archive_info: { hashes: { sha256: string } } };
  }[];
}

const lockOf = (report: PipReport): string =>
  report.install
    .map(({ metadata, download_info: { archive_info } }) => ({ ...metadata, sha256: archive_info.hashes.sha256 }))
    .sort((a, b) => a.name.localeCompare(b.name))
    .map(({ name, version, sha256 }) => `${name}==${version} \\\n    --hash=sha256:${sha256}\n`)
    .join('');
