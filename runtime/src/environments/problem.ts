/** Decides how it is told that a Python environment cannot be had: what is missing, why, and what to do now. */
import type { Problem } from '@drawloom/shared/problem.ts';

export type EnvironmentProblemCode =
  | 'python-missing'
  | 'python-unfit'
  | 'installer-missing'
  | 'index-unreachable'
  | 'index-refused'
  | 'package-unknown'
  | 'package-version-unknown'
  | 'package-without-wheel'
  | 'package-changed'
  | 'requirements-conflict'
  | 'requirements-malformed'
  | 'disk-full'
  | 'folder-unfit'
  | 'build-interrupted'
  | 'build-failed';

/** Python nodes have to wait for a person; SQL and TypeScript nodes need no environment and go on. */
export class EnvironmentProblem extends Error {
  override name = 'EnvironmentProblem';
  readonly code: EnvironmentProblemCode;
  /** What the tool itself said, for the log. Credentials in addresses are masked. */
  readonly said: string;
  /** The package it is about. */
  readonly package: string | undefined;

  constructor(code: EnvironmentProblemCode, message: string, said = '', about?: string) {
    super(message);
    this.code = code;
    this.said = said;
    this.package = about;
  }

  get problem(): Problem {
    return { code: this.code, message: this.message, at: '', severity: 'error' };
  }
}

/** What a tool was doing when it failed, so that the sentence can name it. */
export interface Doing {
  what: string;
  home: string;
}

const codeNeedsNoPython = 'SQL and TypeScript nodes go on working.';

/** Reads the last words of an installer. What they mean decides who can mend it: the author, or whoever runs this machine. */
export function explain(said: string, { what, home }: Doing): EnvironmentProblem {
  const problem = (code: EnvironmentProblemCode, message: string, about?: string) =>
    new EnvironmentProblem(code, message, said, about);
  if (/No space left on device|os error 28|Errno 28|Disk quota exceeded/i.test(said)) {
    return problem(
      'disk-full',
      `The disk is full: ${what} stopped in ${home}. Free some space there (the default environment takes about 1 GB) ` +
        `and try again. ${codeNeedsNoPython}`,
    );
  }
  const refused = said.match(
    /\b((?:401|403|407) (?:Client Error: )?(?:Unauthorized|Forbidden|Proxy Authentication Required))\b/i,
  );
  if (refused) {
    return problem(
      'index-refused',
      `The package index, or a proxy before it, refused us (${refused[1]}): ${what} stopped. Check the credentials in ` +
        `UV_DEFAULT_INDEX, PIP_INDEX_URL or the proxy settings. ${codeNeedsNoPython}`,
    );
  }
  // Who has compared versions has reached the index.
  const compared = /No solution found/.test(said) && !/network was disabled/i.test(said);
  const unreachable = compared ? undefined : reasonUnreachable(said);
  if (unreachable) {
    return problem(
      'index-unreachable',
      `The package index cannot be reached (${unreachable}): ${what} stopped. Check the network, or name an index or a ` +
        `proxy in UV_DEFAULT_INDEX, PIP_INDEX_URL or HTTPS_PROXY, and try again. ${codeNeedsNoPython}`,
    );
  }
  if (/Hash mismatch|DO NOT MATCH THE HASHES/i.test(said)) {
    const name = said.match(/Hash mismatch for `([^`=]+)/)?.[1] ?? said.match(/^\s+(\S+)==\S+ from /m)?.[1];
    return problem(
      'package-changed',
      `${name ? `\`${name}\`` : 'A package'} from the index is not the one that was locked: its content has another hash. ` +
        'If the index is yours, restore the file; else lock the requirements again.',
      name,
    );
  }
  return explainResolution(said) ?? explainFolder(said, what, home) ?? problem('build-failed', tail(said, what));
}

export const interrupted = (what: string, said: string): EnvironmentProblem =>
  new EnvironmentProblem('build-interrupted', `Something ended ${what} from outside. Try again.`, said);

/** Undefined when the words are not about which packages there are. */
function explainResolution(said: string): EnvironmentProblem | undefined {
  const problem = (code: EnvironmentProblemCode, message: string, about?: string) =>
    new EnvironmentProblem(code, message, said, about);
  const flat = said.replace(/\s+/g, ' ');

  const malformed = said.match(/Couldn't parse requirement[^\n]*\n\s*cause: ([^\n]*)\n\s*([^\n]*)/);
  if (malformed) {
    return problem(
      'requirements-malformed',
      `\`${malformed[2]}\` is not a requirement: ${malformed[1]!.trim()}. Write a name and, if you like, versions, such as ` +
        '`pandas>=2,<3`.',
    );
  }
  const unknown =
    flat.match(/Because ([\w.-]+)\S* was not found in the (?:package registry|provided package locations)/) ??
    flat.match(/satisfies the requirement ([\w.-]+).*?\(from versions: none\)/);
  if (unknown) {
    return problem(
      'package-unknown',
      `\`${unknown[1]}\` is not in the package index, or has nothing for this Python and machine. Check the spelling; the ` +
        'name to install may differ from the name to import.',
      unknown[1],
    );
  }
  const aboutSeveral = /depends? on|conflict/.test(flat.replace(/hint:.*/, ''));
  const wheelless =
    flat.match(/Wheels are required for `([\w.-]+)/) ??
    flat.match(/(?:Because|all versions of) ([\w.-]+)\S* (?:has|have) no (?:usable )?wheels/);
  if (wheelless && !aboutSeveral) {
    return problem(
      'package-without-wheel',
      `No version of \`${wheelless[1]}\` that fits has a wheel for the Python of this machine. Building one would run its ` +
        'code outside the sandbox, so that is refused. Ask for another version, or put a wheel into an index of your own.',
      wheelless[1],
    );
  }
  const version =
    flat.match(/there is no version of ([\w.-]+)(\S+) and you require/) ??
    flat.match(/satisfies the requirement ([\w.-]+?)([=<>!~]\S*) \(from versions/);
  if (version) {
    return problem(
      'package-version-unknown',
      `The package index has no \`${version[1]}\` that fits \`${version[1]}${version[2]}\`. Ask for a version that exists.`,
      version[1],
    );
  }
  const conflict = said.match(/No solution found when resolving[^\n]*\n([\s\S]*)/);
  const why = conflict
    ? conflict[1]!.replace(/^\s*cause:\s*/m, '').replace(/\n\s*hint:[\s\S]*/, '')
    : flat.match(/Cannot install (.*?) because these package versions have conflicting dependencies/)?.[1];
  if (why === undefined) return undefined;
  const reasons = shorten(why.replace(/\s+/g, ' ').trim(), 1_200);
  return problem('requirements-conflict', `These requirements cannot be met together. ${reasons}`);
}

function explainFolder(said: string, what: string, home: string): EnvironmentProblem | undefined {
  if (!/Permission denied|Read-only file system|os error (13|30)\b/i.test(said)) return undefined;
  return new EnvironmentProblem(
    'folder-unfit',
    `${home} cannot be written to: ${what} stopped. Give this user the right to write there, or choose another folder with ` +
      'DRAWLOOM_HOME.',
    said,
  );
}

function reasonUnreachable(said: string): string | undefined {
  const reasons: readonly (readonly [RegExp, string])[] = [
    [
      /failed to lookup address|name resolution|Name or service not known|nodename nor servname|dns error/i,
      'its name does not resolve',
    ],
    [/Connection refused|os error 111/i, 'the connection was refused'],
    [
      /invalid peer certificate|CERTIFICATE_VERIFY_FAILED|certificate verify failed|UnknownIssuer/i,
      'its certificate is not trusted here; SSL_CERT_FILE names the ones to trust',
    ],
    [/ProxyError|proxy connect|tunnel error|Cannot connect to proxy/i, 'the proxy does not answer'],
    [/timed out|\b(?:Connect|Read|Pool)Timeout(?:Error)?\b|os error 110/, 'it did not answer in time'],
    [/Network is unreachable|No route to host|os error (101|113)\b/i, 'there is no network'],
    [
      /\b50\d (Server Error|Internal Server Error|Bad Gateway|Service Unavailable|Gateway Time-?out)/i,
      'it answered with a server error',
    ],
    [/Network connectivity is disabled|network was disabled/i, 'UV_OFFLINE is set'],
    [
      /error sending request|Failed to fetch|NewConnectionError|Max retries exceeded|connection (reset|closed|aborted)|Connection broken|IncompleteRead/i,
      'the connection broke',
    ],
  ];
  return reasons.find(([words]) => words.test(said))?.[1];
}

function tail(said: string, what: string): string {
  const words = said
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-6)
    .join(' ')
    .replace(/\s+/g, ' ');
  return `${what} failed: ${words ? shorten(words, 600) : 'the tool said nothing'}. ${codeNeedsNoPython}`;
}

const shorten = (text: string, length: number) => (text.length > length ? `${text.slice(0, length)} …` : text);
