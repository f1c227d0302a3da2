/** Decides how a start that cannot go on tells a person: one sentence with a remedy, a non-zero exit, and no stack trace. */

/** Something about this machine or its settings stops the start. The message says what, where and what to do now. */
export class StartProblem extends Error {
  override name = 'StartProblem';
}
