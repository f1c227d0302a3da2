/** Decides how an artifact of several files is written down: one canonical line of JSON, whose hash names the whole. */
import { canonical } from '@drawloom/shared/json.ts';
import { type FolderMember, UnfitError } from './store.ts';

const longestPath = 1024;

/** The text whose bytes are kept and hashed. Equal folders have equal text, whatever order their files were found in. */
export function manifestOf(members: readonly FolderMember[]): string {
  const sorted = [...members].sort((a, b) => (a.path < b.path ? -1 : 1));
  return canonical({ members: sorted.map(({ path, sha256, sizeBytes }) => ({ path, sha256, sizeBytes })) });
}

/** throws  UnfitError for a path that could lead out of its folder or that not every machine can write */
export function checkMemberPath(path: string): void {
  const parts = path.split('/');
  const wrong =
    path.length > longestPath ||
    path.includes('\0') ||
    path.includes('\ufffd') ||
    path.includes('\\') ||
    parts.some((part) => part === '' || part === '.' || part === '..' || Buffer.byteLength(part) > 255);
  if (wrong)
    throw new UnfitError(
      'bad_name',
      `The name ${JSON.stringify(path.slice(0, 100))} cannot be kept. Give the file a plain name.`,
    );
}
