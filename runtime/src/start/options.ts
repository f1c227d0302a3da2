/** Decides what a program that takes no options answers to one: its help where that was asked for, else that there is none such. */

/** Comes back only where nothing was given. */
export function answerOptions(help: string): void {
  const [option] = process.argv.slice(2);
  if (option === undefined) return;
  const asked = option === '--help' || option === '-h';
  (asked ? process.stdout : process.stderr).write(asked ? help : `There is no option "${option}".\n\n${help}`);
  process.exit(asked ? 0 : 2);
}
