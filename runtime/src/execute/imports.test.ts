import { expect, test } from 'vitest';
import { needsHeavy } from './imports.ts';

test.each([
  ['import json, os.path\nfrom drawloom import Metrics\nfrom __future__ import annotations\ndef f(): pass', false],
  ['def f():\n    from datetime import date; import re\n    return 1', false],
  ['', false],
  ['import pandas as pd', true],
  ['import json, numpy', true],
  ['def f():\n    import polars', true],
  ['try: import sklearn.base\nexcept ImportError: pass', true],
  ['x = __import__("numpy")', true],
  ['import importlib', true],
  ['import \\\n  numpy', true],
])('%j needs the interpreter of its environment: %s', (code, heavy) => {
  expect(needsHeavy(code, [])).toBe(heavy);
});

test('tables and models need it whatever the code imports', () => {
  expect(needsHeavy('def f(rows): return rows', ['table'])).toBe(true);
  expect(needsHeavy('def f(rows): return rows', ['value', 'model'])).toBe(true);
  expect(needsHeavy('def f(x): return x', ['value', 'file', 'document', 'metrics', 'any'])).toBe(false);
});
