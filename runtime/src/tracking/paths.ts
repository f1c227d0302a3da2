/**
 * Decides what the path of a file may be that a program outside names. Nothing of it ever becomes a path on this machine; but clients
 * write what they download where it says, so that no spelling may lead out of a folder: not by another encoding, not by a sign that
 * some system takes for a slash.
 */
import { invalidValue } from './wire/mistake.ts';

const longest = 1000;
const deepest = 64;

/** The path as it is kept. throws  when it is none, or may be read as another one */
export function checkedPath(path: string): string {
  if (path === '') throw invalidValue('Invalid path: it is empty. Name a file.');
  checkedForm(path, path);
  checkedForm(path, path.normalize('NFKC'));
  // A client may decode what was decoded: each of its readings must be as harmless as the first.
  for (let form = path, round = 0; ; round++) {
    const next = decoded(form);
    if (next === form) return path;
    if (round > 8) throw leadsOut(path);
    checkedForm(path, next);
    checkedForm(path, next.normalize('NFKC'));
    form = next;
  }
}

/** The same for a folder, of which an empty path is the top, and which may end in a slash. */
export function checkedFolder(path: string): string {
  const plain = path.replace(/\/$/, '');
  return plain === '' || plain === '.' ? '' : checkedPath(plain);
}

function checkedForm(path: string, form: string): void {
  const parts = form.split('/');
  if (form.length > longest || parts.length > deepest || parts.some((part) => Buffer.byteLength(part) > 255))
    throw invalidValue(
      `Invalid path: '${path.slice(0, 60)}…' is longer than ${longest} characters, 255 bytes a part, or deeper than ${deepest} folders.`,
    );
  if (
    /[\p{Cc}\p{Cf}\\#]/u.test(form) ||
    !form.isWellFormed() ||
    /^[a-z]:/i.test(form) ||
    parts.some((part) => part === '' || /^\s*\.{1,2}\s*$/.test(part))
  )
    throw leadsOut(path);
}

const leadsOut = (path: string) =>
  invalidValue(
    `Invalid path: '${path.replaceAll(/[\p{Cc}\p{Cf}]/gu, '?').slice(0, 200)}'. It must be a plain relative path, with “/” between folders: no '..', no '\\', no '#', nothing empty, nothing that can be read as one of these.`,
  );

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
