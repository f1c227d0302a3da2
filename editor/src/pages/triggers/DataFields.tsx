/** What a trigger for new data waits for: outputs of other pipelines and files, any or all of them. */
import { shapesOf } from '@drawloom/shared/pipeline/checks.ts';
import type { DataInput, NewData } from '@drawloom/shared/trigger/occasion.ts';
import { useEffect, useState } from 'react';
import { type ProblemError, routes } from '../../api/call.ts';
import { useCall } from '../../api/useCall.ts';
import { loadCatalog } from '../../document/catalog.ts';
import { Button, IconButton, Segmented } from '../../ui/Button.tsx';
import { ComboBox, Select } from '../../ui/fields.tsx';
import { t } from '../../words/index.ts';
import styles from './TriggersPage.module.css';

const most = 20;

export function DataFields(props: {
  project: string;
  on: NewData;
  onChange: (on: NewData) => void;
  problem: ProblemError | null;
}) {
  const { project, on, onChange } = props;
  const { inputs } = on;
  const change = (index: number, input: DataInput | null) =>
    onChange({ ...on, inputs: inputs.flatMap((one, each) => (each !== index ? [one] : input ? [input] : [])) });
  const mistakeAt = (index: number, part: string) =>
    props.problem?.at === `/on/inputs/${index}/${part}` || (part === '' && props.problem?.at === `/on/inputs/${index}`)
      ? props.problem.message
      : null;
  return (
    <section className={styles.data} aria-label={t('New data')}>
      {inputs.map((input, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: inputs have no other name
        <div key={index} className={styles.input}>
          {input.kind === 'file' ? (
            <FileField
              project={project}
              name={input.name}
              mistake={mistakeAt(index, 'name') ?? mistakeAt(index, '')}
              onChange={(name) => change(index, { kind: 'file', name })}
            />
          ) : (
            <OutputFields
              project={project}
              input={input}
              mistakeAt={(part) => mistakeAt(index, part)}
              onChange={(next) => change(index, next)}
            />
          )}
          <IconButton
            icon="close"
            label={t('Remove {what}', { what: t('input {n}', { n: index + 1 }) })}
            isDisabled={inputs.length === 1}
            onPress={() => change(index, null)}
          />
        </div>
      ))}
      <div className={styles.adding}>
        <Button
          small
          icon="plus"
          isDisabled={inputs.length >= most}
          onPress={() => onChange({ ...on, inputs: [...inputs, noOutput] })}
        >
          {t('An output')}
        </Button>
        <Button
          small
          icon="plus"
          isDisabled={inputs.length >= most}
          onPress={() => onChange({ ...on, inputs: [...inputs, { kind: 'file', name: '' }] })}
        >
          {t('A file')}
        </Button>
      </div>
      {inputs.length > 1 && (
        <Segmented
          label={t('It starts')}
          options={[
            { id: 'any', text: t('with each new version') },
            { id: 'all', text: t('once all have a new one') },
          ]}
          value={on.when}
          onChange={(when) => onChange({ ...on, when })}
        />
      )}
      <p className={styles.muted}>
        {t(
          'Parameters can be taken from what is new: /changed/sha256, /changed/run, /changed/name, or /inputs/0/run of the first input.',
        )}
      </p>
    </section>
  );
}

const noOutput: DataInput = { kind: 'output', pipeline: '', node: '', port: '' };
export const newData: NewData = { kind: 'data', inputs: [noOutput], when: 'any' };

function FileField(props: { project: string; name: string; mistake: string | null; onChange: (name: string) => void }) {
  const { data } = useCall(routes.listFiles, { params: { project: props.project } });
  return (
    <ComboBox
      label={t('File')}
      free
      mono
      value={props.name}
      mistake={props.mistake}
      options={(data?.files ?? []).map(({ name }) => ({ id: name, text: name }))}
      onChange={props.onChange}
    />
  );
}

type Output = Extract<DataInput, { kind: 'output' }>;
function OutputFields(props: {
  project: string;
  input: Output;
  mistakeAt: (part: string) => string | null;
  onChange: (input: Output) => void;
}) {
  const { input, onChange, mistakeAt } = props;
  const pipelines = useCall(routes.listPipelines, { params: { project: props.project }, query: {} });
  const source = useCall(routes.getPipeline, input.pipeline ? { params: { pipeline: input.pipeline } } : null);
  const document = source.data?.document;
  const [ports, setPorts] = useState<ReadonlyMap<string, readonly string[]>>(new Map());
  useEffect(() => {
    if (!document) return;
    let stale = false;
    void loadCatalog().then((catalog) => {
      const shapes = [...shapesOf(document, catalog)];
      if (!stale) setPorts(new Map(shapes.map(([id, { outputs }]) => [id, outputs.map(({ name }) => name)])));
    });
    return () => {
      stale = true;
    };
  }, [document]);
  const nodes = Object.entries(document?.nodes ?? {}).filter(([id]) => (ports.get(id)?.length ?? 0) > 0);
  return (
    <div className={styles.output}>
      <Select
        label={t('Pipeline')}
        value={input.pipeline || null}
        placeholder={t('Choose a pipeline…')}
        mistake={mistakeAt('pipeline') ?? mistakeAt('')}
        options={(pipelines.data?.pipelines ?? []).map(({ id, name }) => ({ id, text: name }))}
        onChange={(pipeline) => onChange({ ...noOutput, pipeline } as Output)}
      />
      <Select
        label={t('Node')}
        value={input.node || null}
        placeholder={t('Choose a node…')}
        isDisabled={!input.pipeline}
        mistake={mistakeAt('node')}
        options={nodes.map(([id, node]) => ({ id, text: node.name }))}
        onChange={(node) => onChange({ ...input, node, port: ports.get(node)?.[0] ?? '' })}
      />
      <Select
        label={t('Output')}
        value={input.port || null}
        isDisabled={!input.node}
        mistake={mistakeAt('port')}
        options={(ports.get(input.node) ?? []).map((name) => ({ id: name, text: name }))}
        onChange={(port) => onChange({ ...input, port })}
      />
    </div>
  );
}
