/** Decides from an error's own words whether a module or a column was missing, and what may have been meant. */

/** Modules whose package has another name. */
const packages: Readonly<Record<string, string>> = {
  attr: 'attrs',
  bs4: 'beautifulsoup4',
  Crypto: 'pycryptodome',
  cv2: 'opencv-python-headless',
  dateutil: 'python-dateutil',
  dotenv: 'python-dotenv',
  PIL: 'pillow',
  psycopg2: 'psycopg2-binary',
  serial: 'pyserial',
  skimage: 'scikit-image',
  sklearn: 'scikit-learn',
  yaml: 'PyYAML',
};
export const packageOf = (module: string): string => packages[module] ?? module;

interface Told {
  type: string;
  message: string;
}

export const missingModule = ({ type, message }: Told): string | null =>
  type === 'ModuleNotFoundError' ? (/No module named '([^'.]+)/.exec(message)?.[1] ?? null) : null;

/** As pandas, DuckDB and plain Python tell it. A key that did arrive as a column is some other thing's key. */
export function missingColumn({ type, message }: Told, arrived: readonly string[]): string | null {
  const found =
    type === 'KeyError'
      ? (/\[(['"])(.+?)\1.*\] (?:are )?(?:not )?in /s.exec(message) ??
          /^(['"])(.+)\1 is not there$/s.exec(message))?.[2]
      : (/Referenced column "([^"]+)" not found/.exec(message)?.[1] ??
        /does not have a column named "([^"]+)"/.exec(message)?.[1]);
  return found !== undefined && arrived.length > 0 && !arrived.includes(found) ? found : null;
}

/** The name among `known` that is nearest to `name`; null when none is near. */
export function nearest(name: string, known: readonly string[]): string | null {
  let best: string | null = null;
  // two letters that changed places are two edits
  let least = (name.length < 4 ? 1 : Math.max(2, Math.floor(name.length / 3))) + 1;
  for (const one of known) {
    const distance = one.toLowerCase() === name.toLowerCase() ? 0 : editsBetween(name, one, least);
    if (distance < least) [best, least] = [one, distance];
  }
  return best;
}

/** Letters to put in, take out or change; `most` or more is told as `most`. */
function editsBetween(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) >= most || a.length > 200 || b.length > 200) return most;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return Math.min(row[b.length]!, most);
}
