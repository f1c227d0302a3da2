/** Decides what a train node is: one estimator of scikit-learn, its parameters as a form, and the columns it learns from. */
import * as z from 'zod';
import { column, columns, defineNodeType } from '../define.ts';

const int = (title: string, standard: number, min = 1, description?: string) =>
  z
    .int()
    .min(min)
    .default(standard)
    .meta({ title, ...(description && { description }) });
const number = (title: string, standard: number, min = 0, description?: string) =>
  z
    .number()
    .min(min)
    .default(standard)
    .meta({ title, ...(description && { description }) });
const depth = z
  .int()
  .min(1)
  .nullable()
  .default(null)
  .meta({ title: 'Depth at most', description: 'No limit when empty.' });
const balanced = z
  .boolean()
  .default(false)
  .meta({ title: 'Balance classes', description: 'Rare classes count for more.' });

const boosting = {
  learning_rate: z.number().gt(0).max(10).default(0.1).meta({ title: 'Learning rate' }),
  max_iter: int('Trees', 100),
  max_leaf_nodes: int('Leaves of a tree', 31, 2),
  max_depth: depth,
  min_samples_leaf: int('Rows in a leaf at least', 20),
  l2_regularization: number('L2 regularisation', 0),
  early_stopping: z
    .boolean()
    .default(true)
    .meta({ title: 'Stop early', description: 'When a tenth of the rows, held back, no longer gets better.' }),
};
const forest = {
  n_estimators: int('Trees', 200),
  max_depth: depth,
  min_samples_leaf: int('Rows in a leaf at least', 5),
  max_features: z
    .enum(['sqrt', 'log2', 'all'])
    .default('sqrt')
    .meta({
      title: 'Columns tried at a split',
      choiceTitles: { sqrt: 'Square root of all', log2: 'Logarithm of all', all: 'All' },
    }),
};
const neighbours = {
  n_neighbors: int('Neighbours', 15),
  weights: z
    .enum(['uniform', 'distance'])
    .default('uniform')
    .meta({ title: 'Weight', choiceTitles: { uniform: 'All the same', distance: 'By nearness' } }),
};
const variant = <const Name extends string>(name: Name, title: string, parameters: z.ZodRawShape) =>
  z.strictObject({ name: z.literal(name), ...parameters }).meta({ title });

const estimator = z.discriminatedUnion('name', [
  variant('hist_gradient_boosting_classifier', 'Classification · gradient boosting', { ...boosting, balanced }),
  variant('logistic_regression', 'Classification · logistic regression', {
    C: z.number().gt(0).default(1).meta({ title: 'C', description: 'Smaller is more regularisation.' }),
    penalty: z
      .enum(['l2', 'l1', 'none'])
      .default('l2')
      .meta({ title: 'Penalty', choiceTitles: { l2: 'L2', l1: 'L1', none: 'None' } }),
    max_iter: int('Iterations at most', 500),
    balanced,
  }),
  variant('random_forest_classifier', 'Classification · random forest', { ...forest, balanced }),
  variant('extra_trees_classifier', 'Classification · extra trees', { ...forest, balanced }),
  variant('k_neighbors_classifier', 'Classification · nearest neighbours', neighbours),
  variant('dummy_classifier', 'Classification · baseline that learns nothing', {
    strategy: z
      .enum(['prior', 'most_frequent', 'stratified', 'uniform'])
      .default('prior')
      .meta({
        title: 'Answers with',
        choiceTitles: {
          prior: 'Shares of the classes',
          most_frequent: 'The most frequent class',
          stratified: 'A class drawn by its share',
          uniform: 'Any class',
        },
      }),
  }),
  variant('hist_gradient_boosting_regressor', 'Regression · gradient boosting', {
    loss: z
      .enum(['squared_error', 'absolute_error', 'poisson', 'gamma'])
      .default('squared_error')
      .meta({
        title: 'Loss',
        choiceTitles: {
          squared_error: 'Squared error',
          absolute_error: 'Absolute error',
          poisson: 'Poisson',
          gamma: 'Gamma',
        },
      }),
    ...boosting,
  }),
  variant('ridge', 'Regression · ridge', { alpha: number('Alpha', 1, 0, 'Larger is more regularisation.') }),
  variant('random_forest_regressor', 'Regression · random forest', {
    ...forest,
    max_features: forest.max_features.default('all'),
  }),
  variant('extra_trees_regressor', 'Regression · extra trees', {
    ...forest,
    max_features: forest.max_features.default('all'),
  }),
  variant('k_neighbors_regressor', 'Regression · nearest neighbours', neighbours),
  variant('dummy_regressor', 'Regression · baseline that learns nothing', {
    strategy: z
      .enum(['mean', 'median'])
      .default('mean')
      .meta({ title: 'Answers with', choiceTitles: { mean: 'The mean', median: 'The median' } }),
  }),
]);

export const definition = defineNodeType({
  type: 'train',
  version: 1,
  title: 'Train model',
  summary: 'A scikit-learn estimator on a table',
  description: `Fits **one estimator** of scikit-learn on all rows that have a target.

- **Features** are all columns but the target when none is listed. Dates and times are left out unless they were turned into numbers before.
- Text and true-or-false columns are encoded, missing values are handled, and all of it is **part of the model**: *Predict* takes the table as it comes.
- The same seed gives the same model.

The model carries its features, classes and target. The metrics are those **on the training rows**; judge the model with *Evaluate* on rows it has not seen.`,
  category: 'model',
  icon: 'train',
  language: 'python',
  code: 'own',
  inputs: [{ name: 'table', kind: 'table', label: 'Training rows' }],
  outputs: [
    { name: 'model', kind: 'model' },
    { name: 'metrics', kind: 'metrics' },
  ],
  parameters: z.strictObject({
    target: column('Target').meta({
      title: 'Target',
      description: 'The column to predict.',
      widget: 'column',
      of: 'table',
    }),
    estimator: estimator
      .default({ name: 'hist_gradient_boosting_classifier' } as never)
      .meta({ title: 'Estimator', discriminator: 'name' }),
    features: columns('Features').default([]).meta({
      title: 'Features',
      description: 'All columns but the target when empty.',
      widget: 'columns',
      of: 'table',
      group: 'Columns',
    }),
    leave_out: columns('Leave out').default([]).meta({
      title: 'Leave out',
      description: 'Such as ids, or what is known only afterwards.',
      widget: 'columns',
      of: 'table',
      group: 'Columns',
    }),
    weight: z.string().default('').meta({
      title: 'Row weight',
      description: 'A column of weights.',
      widget: 'column',
      of: 'table',
      group: 'Columns',
      advanced: true,
    }),
    categories: z.int().min(2).max(254).default(50).meta({
      title: 'Categories of a text column',
      description: 'The rarer ones count as one.',
      group: 'Columns',
      advanced: true,
    }),
  }),
  card: ['estimator', 'target'],
  reusable: true,
});
