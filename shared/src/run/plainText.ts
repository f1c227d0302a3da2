/** Decides what a line of a log says once everything that only means something to a terminal is taken out. */

/** Titles, links and the like: `ESC ] … BEL` or `ESC ] … ESC \`, or up to the end where it is cut off. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences are what is looked for
const commands = /(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c|$)/g;
/** What does not colour: cursor moves and modes, also where the end of the line or the next sequence cuts them off. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences are what is looked for
const moves = /\u001b\[[0-9;:?<=>!]*[ -/]*(?:[@-ln-~]|$|(?=\u001b))/g;
/** Those that begin with one byte, and those of two or three characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences are what is looked for
const shorts = /\u009b[0-9;:?<=>!]*[ -/]*(?:[@-~]|$)|\u001b[ -/]*[0-Z\\^-~]|\u001b$/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences are what is looked for
const colours = /\u001b\[[0-9;:]*m/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const controls = /[\u0000-\u0008\u000a-\u001a\u001c-\u001f\u007f-\u009f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const strayEscapes = /\u001b(?!\[[0-9;:]*m)/g;

/** A progress bar that overwrote itself says what it said last. */
const lastWritten = (line: string): string => line.slice(line.lastIndexOf('\r', line.length - 2) + 1);

/** The line with its colours and nothing else that is not text. */
export const colouredText = (line: string): string =>
  lastWritten(line)
    .replace(commands, '')
    .replace(moves, '')
    .replace(shorts, '')
    .replace(controls, '')
    .replace(strayEscapes, '');

/** The line for a search, a copy or a reader: text alone. */
export const plainText = (line: string): string => colouredText(line).replace(colours, '');
