/**
 * Decides what pip would have been told, where there is no pip to ask: reads the files it reads, in its order, and its variables.
 * Debian delivers Python without pip; the machine's index may stand in those files all the same.
 */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** In the form of `pip config list`, the weakest first. */
export function listedWithoutPip(env: Record<string, string>, prefix: string): string {
  const lines: string[] = [];
  for (const file of filesOf(env, prefix)) {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      continue;
    }
    for (const { section, name, value } of settingsIn(text)) lines.push(`${section}.${name}=${quoted(value)}`);
  }
  for (const [variable, value] of Object.entries(env)) {
    const name = variable.match(/^PIP_(\w+)$/)?.[1];
    if (name) lines.push(`:env:.${name.toLowerCase().replaceAll('_', '-')}=${quoted(value)}`);
  }
  return lines.join('\n');
}

const quoted = (value: string) => `'${value.replaceAll('\n', '\\n')}'`;

function filesOf(env: Record<string, string>, prefix: string): string[] {
  const named = env.PIP_CONFIG_FILE;
  if (named === '/dev/null') return [];
  const home = env.HOME ?? homedir();
  const shared = (env.XDG_CONFIG_DIRS ?? '/etc/xdg').split(path.delimiter).filter(Boolean);
  return [
    ...shared.map((folder) => path.join(folder, 'pip/pip.conf')),
    '/etc/pip.conf',
    path.join(home, '.pip/pip.conf'),
    path.join(env.XDG_CONFIG_HOME ?? path.join(home, '.config'), 'pip/pip.conf'),
    path.join(prefix, 'pip.conf'),
    ...(named ? [named] : []),
  ];
}

/** An indented line goes on with the value before it. */
function* settingsIn(text: string): Generator<{ section: string; name: string; value: string }> {
  let section = '';
  let open: { section: string; name: string; value: string } | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    if (open && /^\s/.test(line)) {
      open.value = `${open.value}\n${line.trim()}`.trim();
      continue;
    }
    if (open) yield open;
    open = undefined;
    const heading = line.match(/^\[([^\]]+)\]/)?.[1];
    const setting = line.match(/^([^=:]+?)\s*[=:]\s*(.*)$/);
    if (heading) section = heading;
    else if (setting)
      open = { section, name: setting[1]!.toLowerCase().replaceAll('_', '-'), value: setting[2]!.trim() };
  }
  if (open) yield open;
}
