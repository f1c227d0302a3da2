/** Decides how problems look on a terminal: one line each, with its place. */
import type { Problem, ProblemBody } from '@drawloom/shared/problem.ts';
import { plain } from './table.ts';

export const listProblems = (problems: readonly Problem[]): string =>
  problems.map(({ severity, message, at }) => plain(`  ${severity}: ${message}${at ? `  [${at}]` : ''}`)).join('\n');

export function tellProblem({ message, problems, at }: ProblemBody): string {
  if (problems && problems.length > 0) return `That cannot be done as it is.\n${listProblems(problems)}`;
  return plain(at ? `${message}  [${at}]` : message);
}
