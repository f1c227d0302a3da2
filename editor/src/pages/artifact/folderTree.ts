/** Decides how the paths of a folder become a tree: folders first, each level by name; and what a file in it is, by its name's ending. */

export interface FolderNode<File> {
  name: string;
  /** Absent for a folder. */
  file?: File;
  children: FolderNode<File>[];
}

export function treeOf<File extends { path: string }>(files: readonly File[]): FolderNode<File>[] {
  const root: FolderNode<File> = { name: '', children: [] };
  const folders = new Map<string, FolderNode<File>>([['', root]]);
  const folderAt = (path: string): FolderNode<File> => {
    const known = folders.get(path);
    if (known) return known;
    const cut = path.lastIndexOf('/');
    const folder = { name: path.slice(cut + 1), children: [] };
    folders.set(path, folder);
    folderAt(cut < 0 ? '' : path.slice(0, cut)).children.push(folder);
    return folder;
  };
  for (const file of files) {
    const cut = file.path.lastIndexOf('/');
    folderAt(cut < 0 ? '' : file.path.slice(0, cut)).children.push({
      name: file.path.slice(cut + 1),
      file,
      children: [],
    });
  }
  for (const { children } of folders.values())
    children.sort((a, b) => Number(b.file === undefined) - Number(a.file === undefined) || (a.name < b.name ? -1 : 1));
  return root.children;
}

const types: Record<string, string> = {
  md: 'text/markdown',
  html: 'text/html',
  json: 'application/json',
  svg: 'image/svg+xml',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
};
const texts =
  /^(txt|csv|tsv|jsonl|ya?ml|toml|ini|cfg|py|ts|js|sql|r|sh|xml|log|tex|MLmodel|requirements|LICENSE|README)$/i;

/** For a viewer; what is not known is offered as a download. */
export function mediaTypeOf(path: string): string {
  const name = path.split('/').at(-1)!;
  const ending = name.split('.').at(-1)!;
  const known = ending.toLowerCase();
  return Object.hasOwn(types, known) ? types[known]! : texts.test(ending) ? 'text/plain' : 'application/octet-stream';
}
