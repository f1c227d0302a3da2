/**
 * Decides what is looked at: every page of the editor, in every state that it has words or looks for. A scene is opened by its
 * address and brought into its state as a person would; it is there once `see` can be seen.
 */
import type { Locator, Page } from 'playwright-core';
import type { Stage } from './stage.ts';

export interface Scene {
  name: string;
  at: (stage: Stage) => string;
  /** Who looks; the admin when nothing is said. */
  who?: 'viewer' | 'guest' | 'stranger';
  /** What makes the state, once the page is there. */
  act?: (page: Page) => Promise<unknown>;
  see: (page: Page) => Locator;
  /** Left out where the page is not made for so narrow a screen. */
  wideOnly?: boolean;
}

const heading = (name: string | RegExp) => (page: Page) => page.getByRole('heading', { name }).first();
const text = (words: string | RegExp) => (page: Page) => page.getByText(words).first();
const testId = (id: string) => (page: Page) => page.getByTestId(id).first();
const press = (name: string | RegExp) => (page: Page) => page.getByRole('button', { name }).first().click();
/** A word of the code by itself, which it is once the code has its colours. */
const coloured = (page: Page) => page.getByTestId('code').getByText('WITH', { exact: true }).first();
const dialog = (page: Page) => page.getByRole('dialog').last();
const inProject = (path: string) => (stage: Stage) => `/p/${stage.project}/${path}`;
const settings = (section: string) => inProject(`settings/${section}`);
const missing = '00000000-0000-4000-8000-000000000000';
const drawing =
  (more = '') =>
  (stage: Stage) =>
    `/p/${stage.project}/pipelines/${stage.flights.pipeline}${more}`;
const run =
  (which: (stage: Stage) => number, more = '') =>
  (stage: Stage) =>
    `/p/${stage.project}/runs/${which(stage)}${more}`;
/** The panels beside the canvas are closed at first on a narrow screen. */
const openInspector = async (page: Page) => {
  await page.getByTestId('canvas').waitFor();
  if (await page.getByRole('region', { name: 'Inspector' }).count()) return;
  await page.getByTestId('canvas').focus();
  await page.keyboard.press('Control+i');
};

export const scenes: readonly Scene[] = [
  // coming in
  { name: 'sign-in', who: 'stranger', at: () => '/sign-in', see: heading('Sign in') },
  {
    name: 'sign-in-refused',
    who: 'stranger',
    at: () => '/sign-in',
    act: async (page) => {
      await page.getByLabel('E-mail').fill('nobody@example.org');
      await page.getByLabel('Password').fill('not the password');
      await page.getByRole('button', { name: 'Sign in' }).click();
    },
    see: (page) => page.getByRole('alert'),
  },
  {
    name: 'sign-in-old-link',
    who: 'stranger',
    at: () => '/sign-in#used-before',
    see: (page) => page.getByRole('alert'),
  },
  { name: 'no-project', who: 'guest', at: () => '/', see: heading('You are in no project yet') },
  { name: 'unknown-page', at: () => '/nothing/here', see: heading('There is nothing at this address') },
  { name: 'unknown-in-project', at: inProject('nothing/here'), see: heading('There is nothing at this address') },
  {
    name: 'project-not-allowed',
    who: 'guest',
    at: inProject('pipelines'),
    see: heading(/./),
  },

  // pipelines
  { name: 'pipelines', at: inProject('pipelines'), see: testId('pipeline-card') },
  { name: 'pipelines-empty', at: (stage) => `/p/${stage.empty}/pipelines`, see: heading('Draw your first pipeline') },
  {
    name: 'pipelines-none-found',
    at: inProject('pipelines'),
    act: (page) => page.getByRole('searchbox').fill('zebra'),
    see: heading('No pipeline is called that'),
  },
  {
    name: 'pipelines-archived',
    at: inProject('pipelines'),
    act: (page) => page.getByRole('radio', { name: 'Archived' }).click(),
    see: heading('Nothing is archived'),
  },
  {
    name: 'pipelines-menu',
    at: inProject('pipelines'),
    act: press(/^Actions of/),
    see: (page) => page.getByRole('menu'),
  },
  {
    name: 'new-pipeline',
    at: inProject('pipelines'),
    act: (page) => page.getByTestId('new-pipeline').click(),
    see: dialog,
  },
  {
    name: 'account-menu',
    at: inProject('pipelines'),
    act: press(/account and appearance/),
    see: (page) => page.getByRole('menu'),
  },

  // the editor
  { name: 'editor', at: drawing(), see: testId('card-flights_file') },
  { name: 'editor-node', at: drawing('?node=train_trees'), act: openInspector, see: text('Boosted trees') },
  {
    name: 'editor-code',
    at: drawing('?node=features&tab=code'),
    act: openInspector,
    see: coloured,
  },
  { name: 'editor-ports', at: drawing('?node=evaluate&tab=ports'), act: openInspector, see: text('Ports') },
  {
    name: 'editor-execution',
    at: drawing('?node=features&tab=execution'),
    act: openInspector,
    see: text('Limits of one attempt'),
  },
  {
    name: 'editor-result',
    at: drawing('?node=features'),
    act: async (page) => {
      await page.getByTestId('canvas').waitFor();
      await page.getByTestId('show-result').click();
      if (await page.getByRole('region', { name: 'Inspector' }).count()) await coloured(page).waitFor();
    },
    see: (page) => page.getByTestId('drawer').getByRole('columnheader').first(),
  },
  {
    name: 'editor-timeline',
    at: drawing('?node=features'),
    act: async (page) => {
      await page.getByTestId('show-result').click();
      await page.getByTestId('drawer').getByRole('radio', { name: 'Timeline' }).click();
    },
    see: testId('timeline-features'),
  },
  {
    name: 'editor-outline',
    at: drawing('?panel=outline'),
    act: openLeft,
    see: (page) => page.getByRole('tree', { name: 'Outline' }).getByRole('treeitem').first(),
  },
  { name: 'editor-versions', at: drawing('?panel=versions'), act: openLeft, see: text('Version 1') },
  {
    name: 'editor-find',
    at: drawing(),
    act: async (page) => {
      await page.getByTestId('canvas').focus();
      await page.keyboard.press('Control+k');
    },
    see: testId('finder'),
  },
  {
    name: 'editor-keys',
    at: drawing(),
    act: async (page) => {
      await page.getByTestId('canvas').focus();
      await page.keyboard.press('?');
    },
    see: dialog,
  },
  {
    name: 'editor-creator',
    at: drawing(),
    act: async (page) => {
      await page.getByTestId('canvas').focus();
      await page.keyboard.press('n');
    },
    see: testId('creator'),
  },
  {
    name: 'editor-context-menu',
    at: drawing(),
    act: (page) => page.getByTestId('card-flights_file').click({ button: 'right' }),
    see: (page) => page.getByRole('menu'),
  },
  {
    name: 'editor-menu',
    at: drawing(),
    act: async (page) => {
      await page.getByTestId('card-flights_file').waitFor();
      await press('More')(page);
    },
    see: (page) => page.getByRole('menu'),
  },
  {
    name: 'run-dialog',
    at: drawing(),
    act: async (page) => {
      await page.getByTestId('card-flights_file').waitFor();
      await page.getByTestId('run').click();
    },
    see: dialog,
  },
  {
    name: 'save-version',
    at: drawing(),
    act: async (page) => {
      await page.getByTestId('canvas').focus();
      await page.keyboard.press('Control+s');
    },
    see: dialog,
  },
  {
    name: 'editor-blank',
    at: (stage) => `/p/${stage.project}/pipelines/${stage.blank}`,
    see: heading('Draw a pipeline'),
  },
  {
    name: 'editor-problems',
    at: (stage) => `/p/${stage.project}/pipelines/${stage.mistaken}`,
    act: async (page) => {
      await page.getByTestId('problem-count').getByText('error').waitFor();
      await page.getByTestId('problem-count').click();
    },
    see: (page) => page.getByTestId('drawer').getByRole('button').nth(2),
  },
  {
    name: 'editor-pipeline-form',
    at: (stage) => `/p/${stage.project}/pipelines/${stage.forms}`,
    act: openInspector,
    see: text('Parameters'),
  },
  {
    name: 'editor-secret-field',
    at: (stage) => `/p/${stage.project}/pipelines/${stage.forms}?node=sign&tab=parameters`,
    act: openInspector,
    see: text('salt'),
  },
  {
    name: 'editor-retry-form',
    at: (stage) => `/p/${stage.project}/pipelines/${stage.forms}?node=sign&tab=execution`,
    act: openInspector,
    see: text('When an attempt fails'),
  },
  {
    name: 'editor-subpipeline',
    at: (stage) => `/p/${stage.project}/pipelines/${stage.parted.pipeline}?node=part`,
    act: openInspector,
    see: testId('card-part'),
  },
  {
    name: 'editor-failed',
    at: (stage) => `/p/${stage.project}/pipelines/${stage.failed.pipeline}?node=longest&tab=code`,
    act: openInspector,
    see: testId('failure'),
  },
  { name: 'editor-read-only', who: 'viewer', at: drawing(), see: text('Read only') },
  {
    name: 'editor-server-gone',
    at: drawing(),
    act: async (page) => {
      await page.getByTestId('card-flights_file').waitFor();
      await page.context().setOffline(true);
    },
    see: text('The server cannot be reached'),
  },
  { name: 'editor-missing', at: inProject(`pipelines/${missing}`), see: (page) => page.getByRole('main') },

  // runs
  { name: 'runs', at: inProject('runs'), see: (page) => page.getByRole('table') },
  { name: 'runs-empty', at: (stage) => `/p/${stage.empty}/runs`, see: heading('Nothing has run yet') },
  {
    name: 'runs-none-fit',
    at: inProject('runs?status=failed&trigger=schedule'),
    see: heading('No run fits these filters'),
  },
  { name: 'run', at: run((stage) => stage.flights.run), see: testId('timeline-features') },
  {
    name: 'run-table',
    at: run((stage) => stage.flights.run, '?node=features'),
    see: (page) => page.getByRole('columnheader').first(),
  },
  {
    name: 'run-figure',
    at: run((stage) => stage.flights.run, '?node=evaluate&port=roc'),
    see: (page) => page.locator('main img, main svg[role="img"], main iframe').first(),
  },
  {
    name: 'run-metrics',
    at: run((stage) => stage.flights.run, '?node=evaluate&port=metrics'),
    see: testId('timeline-evaluate'),
  },
  { name: 'run-report', at: run((stage) => stage.flights.run, '?node=report'), see: testId('timeline-report') },
  {
    name: 'run-model',
    at: run((stage) => stage.flights.run, '?node=train_trees'),
    see: testId('timeline-train_trees'),
  },
  {
    name: 'run-inputs',
    at: run((stage) => stage.flights.run, '?node=joined&tab=inputs'),
    see: testId('timeline-joined'),
  },
  {
    name: 'run-attempts',
    at: run((stage) => stage.flights.run, '?node=train_trees&tab=attempts'),
    see: text('Attempt 1'),
  },
  {
    name: 'run-details',
    at: run((stage) => stage.flights.run, '?node=features&tab=details'),
    see: text('Code that ran'),
  },
  { name: 'run-failed', at: run((stage) => stage.failed.run, '?node=longest'), see: testId('node-error') },
  { name: 'run-cancelled', at: run((stage) => stage.cancelled), see: text('Cancelled') },
  { name: 'run-running', at: run((stage) => stage.running), see: text('Running') },
  {
    name: 'run-stop',
    at: run((stage) => stage.running),
    act: press('Stop'),
    see: (page) => page.getByRole('alertdialog'),
  },
  {
    name: 'run-again',
    at: run((stage) => stage.failed.run),
    act: press('Run again'),
    see: (page) => page.getByRole('menu'),
  },
  { name: 'run-of-part', at: run((stage) => stage.parted.run, '?node=part'), see: testId('timeline-part') },
  { name: 'run-missing', at: inProject('runs/999999'), see: (page) => page.getByRole('main') },
  { name: 'run-no-number', at: inProject('runs/first'), see: (page) => page.getByRole('main') },
  {
    name: 'lineage',
    at: (stage) => `/p/${stage.project}/lineage?from=artifact:${stage.flights.table}`,
    see: (page) => page.getByRole('complementary', { name: 'Chosen' }),
  },
  {
    name: 'lineage-table',
    at: (stage) => `/p/${stage.project}/lineage?from=artifact:${stage.flights.table}`,
    act: (page) => page.getByRole('radio', { name: 'Table' }).click(),
    see: (page) => page.getByRole('table'),
  },
  {
    name: 'lineage-missing',
    at: inProject(`lineage?from=artifact:${'0'.repeat(64)}`),
    see: (page) => page.getByRole('main'),
  },

  // what starts by itself
  { name: 'triggers', at: inProject('triggers'), see: text('Monthly retraining') },
  { name: 'triggers-empty', at: (stage) => `/p/${stage.empty}/triggers`, see: heading('Nothing starts by itself yet') },
  {
    name: 'trigger-dialog',
    at: inProject('triggers'),
    act: (page) => page.getByTestId('new-trigger').click(),
    see: dialog,
  },
  { name: 'trigger-history', at: inProject('triggers'), act: press('History'), see: dialog },
  { name: 'run-sets', at: inProject('run-sets'), see: (page) => page.getByRole('table') },
  { name: 'run-sets-empty', at: (stage) => `/p/${stage.empty}/run-sets`, see: heading('No run sets yet') },
  { name: 'run-set', at: (stage) => `/p/${stage.project}/run-sets/${stage.runSet}`, see: testId('run-set-counts') },
  { name: 'run-set-missing', at: inProject(`run-sets/${missing}`), see: (page) => page.getByRole('main') },
  {
    name: 'backfill-dialog',
    at: inProject('run-sets'),
    act: (page) => page.getByTestId('new-backfill').click(),
    see: dialog,
  },

  // experiments and models
  { name: 'experiments', at: inProject('experiments'), see: heading('Experiments') },
  { name: 'models', at: inProject('models'), see: (page) => page.getByRole('table') },
  { name: 'models-empty', at: (stage) => `/p/${stage.empty}/models`, see: (page) => page.getByRole('main') },
  { name: 'model', at: (stage) => `/p/${stage.project}/models/${stage.model}`, see: heading('Versions') },
  { name: 'model-version', at: (stage) => `/p/${stage.project}/models/${stage.model}/2`, see: heading('Signature') },
  {
    name: 'approvals-promotion',
    at: inProject('approvals'),
    act: (page) => page.getByText('All', { exact: true }).click(),
    see: text('Promote version 2'),
  },

  // settings
  { name: 'settings-appearance', at: settings('appearance'), see: heading('Appearance') },
  { name: 'settings-account', at: settings('account'), see: heading(/./) },
  { name: 'settings-tokens', at: settings('tokens'), see: heading('API tokens') },
  { name: 'new-token', at: settings('tokens'), act: (page) => page.getByTestId('new-token').click(), see: dialog },
  { name: 'settings-members', at: settings('members'), see: text('Maria Winkelmann') },
  { name: 'add-member', at: settings('members'), act: (page) => page.getByTestId('add-member').click(), see: dialog },
  { name: 'settings-secrets', at: settings('secrets'), see: text('CUSTOMER_SALT') },
  { name: 'new-secret', at: settings('secrets'), act: (page) => page.getByTestId('new-secret').click(), see: dialog },
  {
    name: 'remove-secret',
    at: settings('secrets'),
    act: press('Remove'),
    see: (page) => page.getByRole('alertdialog'),
  },
  { name: 'settings-notifications', at: settings('notifications'), see: text('Team chat') },
  {
    name: 'add-channel',
    at: settings('notifications'),
    act: (page) => page.getByTestId('new-channel').click(),
    see: dialog,
  },
  { name: 'add-rule', at: settings('notifications'), act: (page) => page.getByTestId('new-rule').click(), see: dialog },
  { name: 'settings-pools', at: settings('pools'), see: text('warehouse') },
  { name: 'settings-retention', at: settings('retention'), see: heading('Limits') },
  { name: 'settings-audit', at: settings('audit'), see: (page) => page.getByRole('table') },
  { name: 'settings-people', at: settings('people'), see: text('Maria Winkelmann') },
  { name: 'invite', at: settings('people'), act: (page) => page.getByTestId('invite').click(), see: dialog },
  { name: 'settings-system', at: settings('system'), see: heading('Isolation') },
  { name: 'settings-not-yours', who: 'viewer', at: settings('people'), see: heading('There is no such section') },
  { name: 'settings-secrets-viewer', who: 'viewer', at: settings('secrets'), see: heading('Secrets') },
];

async function openLeft(page: Page): Promise<void> {
  await page.getByTestId('card-flights_file').waitFor();
  if (await page.getByRole('region', { name: 'Palette, outline and versions' }).count()) return;
  await page.getByTestId('canvas').focus();
  await page.keyboard.press('Control+b');
}
