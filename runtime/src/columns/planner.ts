/** Decides what queries would give, for whoever checks a drawing: DuckDB plans each of them once, in the sandbox. */
import { createHash } from 'node:crypto';
import type { Answer, Question, Sight } from '@drawloom/shared/columns/flow.ts';
import { canonical } from '@drawloom/shared/json.ts';
import type { Catalog } from '@drawloom/shared/node-type/definition.ts';
import { examine } from '@drawloom/shared/pipeline/checks.ts';
import type { PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import { ReaderError, type TableReader } from '../artifacts/reader/index.ts';

/** Answers rest on nothing but their question, so they are shared by all who ask; the oldest goes first. */
const known = new Map<string, Answer>();
const mostKnown = 2000;
const keyOf = (question: Question): string => createHash('sha256').update(canonical(question)).digest('base64');

type Planner = Pick<TableReader, 'plan'>;

export async function answersTo(reader: Planner, project: string, questions: readonly Question[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const question of questions) {
    const key = keyOf(question);
    const { answer, lasting } = known.has(key)
      ? { answer: known.get(key)!, lasting: true }
      : await ask(reader, project, question);
    known.delete(key);
    if (lasting) known.set(key, answer);
    const [oldest] = known.keys();
    if (known.size > mostKnown && oldest !== undefined) known.delete(oldest);
    answers.push(answer);
  }
  return answers;
}

async function ask(
  reader: Planner,
  project: string,
  question: Question,
): Promise<{ answer: Answer; lasting: boolean }> {
  try {
    return { answer: (await reader.plan(project, question)) as Answer, lasting: true };
  } catch (error) {
    if (!(error instanceof ReaderError)) throw error;
    // The next who asks may find more room; what took too long would do so again.
    return { answer: { unknown: error.message }, lasting: error.code !== 'busy' && error.code !== 'ended' };
  }
}

/** The problems of a drawing, with what its queries give: asked as long as an answer opens the way to another question. */
export async function checkWithQueries(
  document: PipelineDocument,
  catalog: Catalog,
  tables: Sight['tables'],
  answer: (questions: readonly Question[]) => Promise<Answer[]>,
): Promise<Problem[]> {
  const answers = new Map<string, Answer>();
  const sight: Sight = {
    ...(tables && { tables }),
    answer: (question) => answers.get(canonical(question)),
  };
  for (;;) {
    const { problems, columns } = examine(document, catalog, sight);
    const open = columns.open();
    if (open.length === 0) return problems;
    const given = await answer(open);
    for (const [index, question] of open.entries()) answers.set(canonical(question), given[index]!);
  }
}
