import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { carryOut } from '../carryOut.testing.ts';
import { catalog, codeOf } from '../catalog.ts';

const calls = {
  worse: 'compare(Says([0, 0, 0, 0]), numbers, Says([1, 2, 3, 4]), target="y")',
  'worse within bounds': 'compare(Says([1, 2, 3, 4.2]), numbers, Says([1, 2, 3, 4]), target="y", by=0.2)',
  better: 'compare(Says([1, 2, 3, 4]), numbers, Says([0, 0, 0, 0]), target="y", measure="r2")',
  first: 'compare(Says([1, 2, 3, 5]), numbers, target="y", measure="mae")',
  words: 'compare(Says(["a", "b", "c", "a"]), words, Says(["a", "b", "a", "a"]), target="y")',
  'other kind': 'compare(Says([1, 2, 3, 4]), numbers, target="y", measure="roc_auc")',
  'no target': 'compare(Says([1]), numbers, target="z")',
  'no rows': 'compare(Says([]), numbers.assign(y=None), target="y")',
  'nothing shared': 'compare(Says([1, 2, 3, 4]), numbers, Sorts([1, 2, 3, 4]), target="y")',
  'no column': 'compare(Says([1, 2, 3, 4], wants=["gone"]), numbers, target="y")',
};
let found: Record<keyof typeof calls, Record<string, unknown> | string>;

/** Importing scikit-learn takes seconds, so one process tries all; its function stands behind the node type's own code. */
beforeAll(async () => {
  const code = `${codeOf(catalog.get('compare-with-current')!)}

class Says:
    def __init__(self, answers, wants=None):
        self.answers = answers
        if wants:
            self.feature_names_in_ = wants
    def predict(self, rows):
        assert "y" not in rows
        return np.array(self.answers)

class Sorts(Says):
    classes_ = [1, 2, 3, 4]

numbers = pd.DataFrame({"x": [1, 2, 3, 4, 5], "y": [1.0, 2.0, 3.0, 4.0, None]})
words = pd.DataFrame({"x": [1, 2, 3, 4], "y": ["a", "b", "c", "b"]})

def try_all() -> Any:
    found = {}
    for name, call in ${JSON.stringify(calls)}.items():
        try:
            found[name] = eval(call).verdict
        except ValueError as error:
            found[name] = str(error)
    return found
`;
  const done = await carryOut(catalog.get('python')!, { code, parameters: {} });
  expect(done.failure?.error, done.logs).toBeUndefined();
  const output = Object.values(done.outputs)[0]!;
  found = JSON.parse(readFileSync(path.join(done.folder, output.path), 'utf8'));
}, 300_000);

test('the candidate passes when it is as good, whichever way the measure goes, or worse by no more than is allowed', () => {
  expect(found.worse).toMatchObject({ as_good: false, measure: 'rmse', current: 0, gain: expect.closeTo(-2.739, 3) });
  expect(found['worse within bounds']).toMatchObject({ as_good: true, gain: expect.closeTo(-0.1, 6) });
  expect(found.better).toMatchObject({ as_good: true, measure: 'r2', candidate: 1, gain: expect.closeTo(6, 6) });
  expect(found.words).toMatchObject({ as_good: true, measure: 'accuracy', candidate: 0.75, current: 0.5, gain: 0.25 });
});

test('a first candidate passes, and has no gain', () => {
  expect(found.first).toEqual({ as_good: true, measure: 'mae', candidate: 0.25, current: null, gain: null, by: 0 });
});

test('what cannot be judged is told in a sentence', () => {
  expect(found['other kind']).toBe(
    'The candidate has no roc_auc on these rows. It has rmse, mae, r2: choose one of these as the measure.',
  );
  expect(found['nothing shared']).toMatch(
    /no measure in common .*: the candidate has rmse, mae, r2, the model in use accuracy, f1/,
  );
  expect(found['no target']).toMatch(/There is no column 'z'\. The table has 'x', 'y'\./);
  expect(found['no rows']).toMatch(/No row has a value of 'y'/);
  expect(found['no column']).toMatch(/The candidate was trained with the column 'gone'/);
});
