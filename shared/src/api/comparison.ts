/** The routes that hold one run against another: what differs in its work and what came of it, and whether the same comes of it again. */
import * as z from 'zod';
import { PortKind } from '../node-type/ports.ts';
import { RunPath, route } from './contract.ts';
import { ReuseExplanation, RunSummary } from './runs.ts';

const Sameness = z.enum(['identical', 'different', 'missing', 'new', 'pending']);
const Difference = z.object({ what: z.string(), before: z.string().nullable(), now: z.string().nullable() });
const ArtifactComparison = z
  .object({
    node: z.string(),
    name: z.string(),
    port: z.string(),
    position: z.int(),
    kind: PortKind,
    verdict: Sameness,
    before: z.string().nullable().meta({ description: 'SHA-256, as is `now`.' }),
    now: z.string().nullable(),
    differences: z.array(Difference),
  })
  .meta({ id: 'ArtifactComparison' });
const NumberComparison = z
  .object({
    node: z.string(),
    name: z.string(),
    key: z.string(),
    verdict: Sameness,
    before: z.string().nullable(),
    now: z.string().nullable(),
  })
  .meta({ id: 'NumberComparison', description: 'The last value of a number that a node logged.' });
export const Comparison = z
  .object({
    base: z.int(),
    run: z.int(),
    work: z
      .array(z.object({ node: z.string(), name: z.string(), differences: ReuseExplanation.shape.differences }))
      .meta({ description: 'The nodes of both whose work is not the same, and which part of it differs.' }),
    artifacts: z.array(ArtifactComparison),
    numbers: z.array(NumberComparison),
  })
  .meta({ id: 'Comparison' });
export type Comparison = z.infer<typeof Comparison>;
export const compareRuns = route('get /runs/{run}/comparison/{base}', {
  summary:
    'What differs between a run and another of its project: the work of each node, its artifacts and its numbers',
  action: 'project.view',
  scope: 'run',
  params: RunPath.extend({ base: z.coerce.number().int().positive() }),
  answer: Comparison,
});

export const Reproduction = z
  .object({
    run: z.int(),
    of: z.int(),
    verdict: z
      .enum(['identical', 'different', 'failed', 'pending', 'forgotten'])
      .meta({ description: 'forgotten: nothing is known any more of the run that was done again.' }),
    artifacts: z.array(ArtifactComparison),
    numbers: z.array(NumberComparison),
  })
  .meta({ id: 'Reproduction' });
export type Reproduction = z.infer<typeof Reproduction>;

export const reproduceRun = route('post /runs/{run}/reproduce', {
  summary:
    'Do all of a run again, from its recorded data, code, parameters, environments and seeds, to see whether the same comes of it',
  action: 'run.execute',
  scope: 'run',
  params: RunPath,
  body: z.strictObject({ idempotencyKey: z.string().min(1).max(200).optional() }),
  status: 201,
  answer: z.object({ run: RunSummary, existed: z.boolean() }),
});
export const getReproduction = route('get /runs/{run}/reproduction', {
  summary: 'What differs between a run and the one that it does again, artifact by artifact',
  action: 'project.view',
  scope: 'run',
  params: RunPath,
  answer: Reproduction,
});
