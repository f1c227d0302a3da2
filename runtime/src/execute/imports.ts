/**
 * Decides whether Python code can run in the light interpreter, which knows the standard library and `drawloom` alone, or
 * needs the one of its environment. Errs to the heavy side: that one is only slower.
 */
import type { PortKind } from '@drawloom/shared/node-type/ports.ts';

/** Of Python 3.13. A module that an older Python lacks fails to import in either interpreter. */
const standard = new Set(
  `abc antigravity argparse array ast asyncio atexit base64 bdb binascii bisect builtins bz2 cProfile calendar 
cmath cmd code codecs codeop collections colorsys compileall concurrent configparser contextlib contextvars 
copy copyreg csv ctypes curses dataclasses datetime dbm decimal difflib dis doctest email encodings ensurepip 
enum errno faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc genericpath getopt 
getpass gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib importlib inspect io 
ipaddress itertools json keyword linecache locale logging lzma mailbox marshal math mimetypes mmap 
modulefinder msvcrt multiprocessing netrc nt ntpath nturl2path numbers opcode operator optparse os pathlib 
pdb pickle pickletools pkgutil platform plistlib poplib posix posixpath pprint profile pstats pty pwd 
py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re readline reprlib resource rlcompleter runpy 
sched secrets select selectors shelve shlex shutil signal site smtplib socket socketserver sqlite3 
sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct subprocess symtable sys 
sysconfig syslog tabnanny tarfile tempfile termios textwrap this threading time timeit tkinter token tokenize 
tomllib trace traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib uuid venv 
warnings wave weakref webbrowser winreg winsound wsgiref xml xmlrpc zipapp zipfile zipimport zlib zoneinfo`
    .split(/\s+/)
    .concat('drawloom', '__future__'),
);

/** Kinds that only the libraries of an environment can read or write. */
const heavyKinds: ReadonlySet<PortKind> = new Set(['table', 'model']);
const importLine = /(?:^|[\n;:])[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import|import[ \t]+([^\n;#]+))/g;
const hiddenImport = /\b(?:__import__|import_module|importlib|runpy|exec|eval|ctypes)\b/;

/** `kinds`: of the ports and of the artifacts that arrive there. */
export function needsHeavy(code: string, kinds: Iterable<PortKind>): boolean {
  for (const kind of kinds) if (heavyKinds.has(kind)) return true;
  // Text in strings is read as well: a line of documentation that looks like an import costs a little time and nothing else.
  const joined = code.replace(/\\\r?\n/g, ' ').replace(/\(\s*\n\s*/g, '(');
  for (const [, module, list] of joined.matchAll(importLine)) {
    const names = module ? [module] : list!.split(',').map((part) => part.trim().split(/\s+/)[0]!);
    for (const name of names) if (!name.startsWith('.') && !standard.has(name.split('.')[0]!)) return true;
  }
  return hiddenImport.test(joined);
}
