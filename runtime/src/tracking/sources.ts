/**
 * Decides what a model version may be made of: files of a run, of a logged model or of another version, all of the same project. Whatever
 * else a source may name (another server, a cloud, a file of this machine) is refused: what is loaded later must be what was looked at.
 */
import type { Sql } from '../db/connection.ts';
import { checkedAlias, checkedModelName, checkedVersion } from '../models/names.ts';
import type { ModelVersion } from '../models/registered.ts';
import { type FilesFrom, oneVersion, versionByAlias } from '../models/versions.ts';
import { filesOf } from './files.ts';
import { type LoggedModel, loadLoggedModels, loggedModelNamed } from './loggedModels.ts';
import { checkedFolder, checkedPath } from './paths.ts';
import { ownerOfRun } from './runs.ts';
import { invalidValue } from './wire/mistake.ts';

export interface Source {
  /** What is kept as the source. */
  text: string;
  files: FilesFrom | null;
  trackedId: number | null;
  loggedModelId: number | null;
}

/** What clients give as the source of a prompt, which has no files. */
const promptSources = ['prompt-template', 'dummy-source'];

export async function readSource(
  sql: Sql,
  project: string,
  { source, run, model, isPrompt }: { source: string; run: string; model: string; isPrompt: boolean },
): Promise<Source> {
  const refused = (why: string) =>
    invalidValue(
      `Invalid model version source: '${source.slice(0, 300)}'. ${why} Log the model to this server, and register it as runs:/<run>/<path> or models:/<model id>.`,
    );
  if (isPrompt) {
    if (!promptSources.includes(source)) throw refused('A prompt has no files to come from.');
    return { text: source, files: null, trackedId: null, loggedModelId: null };
  }
  const trackedId = run ? (await ownerOfRun(sql, project, run)).id : null;
  const stated = model ? await loggedModelNamed(sql, project, model) : null;
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):\/(?!\/)(.*)$/s.exec(source) ?? [];
  const parts = rest === undefined ? [] : checkedFolder(rest).split('/');
  const ofModel = async (one: LoggedModel, folder: string): Promise<Source> => {
    if (stated && stated.id !== one.id) throw refused(`It is not that of the model ${model}.`);
    const madeBy = one.sourceRun ? (await ownerOfRun(sql, project, one.sourceRun)).id : null;
    const files = { of: 'model' as const, id: one.id, folder };
    return { text: source, files, trackedId: trackedId ?? madeBy, loggedModelId: one.id };
  };

  if (scheme === 'runs') {
    const [uuid, ...path] = parts;
    const owner = await ownerOfRun(sql, project, uuid!);
    if (trackedId !== null && trackedId !== owner.id) throw refused(`It is not that of the run ${run}.`);
    const folder = path.join('/');
    const direct = await sql`
      select from ${filesOf(sql, { of: 'run', id: owner.id })} f where starts_with(path, ${folder ? `${folder}/` : ''}) limit 1`;
    const logged = direct.length === 0 && path.length === 1 ? await modelOfRun(sql, owner.id, folder) : null;
    if (logged) return ofModel(logged, '');
    return {
      text: source,
      files: { of: 'run', id: owner.id, folder },
      trackedId: owner.id,
      loggedModelId: stated?.id ?? null,
    };
  }
  if (scheme === 'mlflow-artifacts') {
    const [experiment, name, ...below] = parts;
    if (name === 'models' && below[1] === 'artifacts') {
      const one = await loggedModelNamed(sql, project, below[0]!, { experiment: experiment! });
      return ofModel(one, below.slice(2).join('/'));
    }
    if (!name || below[0] !== 'artifacts') throw refused('It names no artifacts of a run or of a model.');
    const owner = await ownerOfRun(sql, project, name, experiment);
    if (trackedId !== null && trackedId !== owner.id) throw refused(`It is not that of the run ${run}.`);
    const files = { of: 'run' as const, id: owner.id, folder: below.slice(1).join('/') };
    return { text: source, files, trackedId: owner.id, loggedModelId: stated?.id ?? null };
  }
  if (scheme === 'models') {
    if (/^m-[0-9a-f]{32}$/.test(parts[0]!))
      return ofModel(await loggedModelNamed(sql, project, parts[0]!), parts.slice(1).join('/'));
    const original = await registered(sql, project, parts);
    const version = { of: 'version' as const, id: original.id, folder: '' };
    return {
      text: original.source,
      files: version,
      trackedId: trackedId ?? (original.run ? (await ownerOfRun(sql, project, original.run)).id : null),
      loggedModelId: original.loggedModel
        ? (await loggedModelNamed(sql, project, original.loggedModel, { deletedToo: true })).id
        : null,
    };
  }
  throw refused('It points outside of this server.');
}

/** `name/3` or `name@alias`. */
async function registered(sql: Sql, project: string, parts: readonly string[]): Promise<ModelVersion> {
  const whole = checkedPath(parts.join('/'));
  const at = whole.lastIndexOf('@');
  if (at > 0 && parts.length === 1)
    return versionByAlias(sql, project, checkedModelName(whole.slice(0, at)), checkedAlias(whole.slice(at + 1)));
  if (parts.length !== 2)
    throw invalidValue(`'models:/${whole}' names no version. Use models:/<name>/<version> or models:/<name>@<alias>.`);
  return oneVersion(sql, project, checkedModelName(parts[0]!), checkedVersion(parts[1]!));
}

/** The newest model that a run logged under a name; `runs:/…` means it where the run has no such folder of its own. */
async function modelOfRun(sql: Sql, run: number, name: string): Promise<LoggedModel | null> {
  const [found] = await sql<{ id: string }[]>`
    select id from drawloom.logged_model where source_run_id = ${run} and name = ${name} and deleted_at is null order by id desc limit 1`;
  return found ? ((await loadLoggedModels(sql, [Number(found.id)]))[0] ?? null) : null;
}
