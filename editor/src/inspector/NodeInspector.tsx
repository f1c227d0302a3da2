/** One node in full: its parameters, code, ports and execution. Comes after the first paint, see `Inspector.tsx`. */
import { type Columns, isKnown } from '@drawloom/shared/columns/columns.ts';
import type { Json } from '@drawloom/shared/json.ts';
import { nameOfKind, type Port } from '@drawloom/shared/node-type/ports.ts';
import { type Edge, edgeId, type NodeId, type PipelineNode } from '@drawloom/shared/pipeline/document.ts';
import { partType } from '@drawloom/shared/pipeline/parts.ts';
import { useCallback, useEffect, useMemo, useRef } from 'react';
import { changeNode, removeEdges, renameNode, setParameter, setPipelineParameter } from '../document/commands.ts';
import { useDrawing, useDrawingObject, useDrawingShallow } from '../document/DrawingContext.tsx';
import { incident } from '../document/shapes.ts';
import { iconOf } from '../palette/icons.ts';
import { PortShape } from '../palette/PortShape.tsx';
import { IconButton } from '../ui/Button.tsx';
import { Icon } from '../ui/Icon.tsx';
import { Notice } from '../ui/notices.tsx';
import { type TabItem, Tabs } from '../ui/Tabs.tsx';
import { TextField } from '../ui/textFields.tsx';
import { t } from '../words/index.ts';
import { told } from '../words/told.ts';
import { CodePanel } from './CodePanel.tsx';
import { carriesColumns, sourceOf, useColumns } from './columns.ts';
import { ExecutionForm } from './ExecutionForm.tsx';
import { FailureNotice, useFailure } from './Failure.tsx';
import { FlowForm } from './FlowForm.tsx';
import { useWantedField } from './focus.ts';
import { type FormHost, FormProvider, type Path } from './formContext.tsx';
import styles from './Inspector.module.css';
import type { InspectorProps, InspectorTab } from './inspected.ts';
import { MapForm } from './MapForm.tsx';
import { NameInput } from './NameInput.tsx';
import { PartForm } from './PartForm.tsx';
import { SchemaForm } from './SchemaForm.tsx';
import type { Schema } from './schema.ts';

/** The form of a node that stands for a pipeline, without the choice of it, which `PartForm` has. */
function withoutPipeline(schema: Schema | undefined): Schema {
  const { pipeline: _, ...properties } = (schema?.properties ?? {}) as Record<string, Schema>;
  return { ...schema, properties } as Schema;
}

/** Where in a node what the tab of its execution shows is kept. */
const flowOrExecution = /^\/(execution|after|finally|triggerRule|map)/;

export function NodeInspector(props: { id: NodeId } & InspectorProps) {
  const { id, tab, onTab, onSelect, onClose } = props;
  const drawing = useDrawingObject();
  const node = useDrawing((state) => state.document.nodes[id]);
  const shape = useDrawing((state) => state.shapes.get(id));
  const readOnly = useDrawing((state) => state.readOnly);
  const problems = useDrawingShallow((state) => state.problems.filter((problem) => problem.node === id));
  const wanted = useWantedField((store) => (store.wanted?.node === id ? store.wanted : null));
  const failure = useFailure(id, node);
  const body = useRef<HTMLDivElement>(null);
  const type = node && drawing.catalog.get(node.type);
  const hasCode = type?.code === 'user' && type.language !== undefined;
  const hasForm = Object.keys((shape?.parameters.properties as object | undefined) ?? {}).length > 0;

  // biome-ignore lint/correctness/useExhaustiveDependencies: by the turn of the wish
  useEffect(() => {
    if (!wanted) return;
    const inCode = wanted.line !== null || wanted.at?.startsWith('/code');
    const next =
      inCode && hasCode
        ? 'code'
        : flowOrExecution.test(wanted.at ?? '')
          ? 'execution'
          : hasForm || wanted.at?.startsWith('/parameters')
            ? 'parameters'
            : hasCode
              ? 'code'
              : 'ports';
    onTab(next);
    if (next === 'code' && wanted.line !== null) return; // the code takes it, once it is there
    // the form may have to come first
    let timer: ReturnType<typeof setTimeout>;
    let left = 400;
    const attempt = () => {
      left--;
      if (next === 'parameters' && !focusField(body.current, wanted.at) && left > 0) timer = setTimeout(attempt, 50);
      else useWantedField.setState({ wanted: null });
    };
    timer = setTimeout(attempt, 50);
    return () => clearTimeout(timer);
  }, [wanted?.turn]);

  if (!node) return null;
  const current: InspectorTab = tab ?? (hasForm || !hasCode ? 'parameters' : 'code');
  const count = (test: (at: string) => boolean) => {
    const here = problems.filter(
      (problem) => problem.severity === 'error' && test(problem.at.slice(`/nodes/${id}`.length)),
    );
    return here.length > 0 ? { text: String(here.length), tone: 'failed' as const } : null;
  };
  const tabs: TabItem<InspectorTab>[] = [
    {
      id: 'parameters',
      text: t('Parameters'),
      badge: count((at) => at.startsWith('/parameters')),
      content: (
        <div ref={body} className={styles.body}>
          {node.type === partType && <PartForm id={id} node={node} readOnly={readOnly} />}
          <NodeForm
            id={id}
            node={node}
            schema={node.type === partType ? withoutPipeline(shape?.parameters) : ((shape?.parameters ?? {}) as Schema)}
            readOnly={readOnly}
            hasCode={hasCode}
          />
        </div>
      ),
    },
    ...(hasCode
      ? [
          {
            id: 'code' as const,
            text: t('Code'),
            badge: count((at) => at.startsWith('/code')),
            content: <CodePanel id={id} node={node} readOnly={readOnly} />,
          },
        ]
      : []),
    {
      id: 'ports',
      text: t('Ports'),
      badge: count((at) => at === ''),
      content: (
        <div className={styles.body}>
          <PortList id={id} onSelect={onSelect} readOnly={readOnly} />
        </div>
      ),
    },
    {
      id: 'execution',
      text: t('Execution'),
      badge: count((at) => flowOrExecution.test(at)),
      content: (
        <div className={styles.body}>
          <FlowForm id={id} node={node} readOnly={readOnly} onSelect={onSelect} />
          <MapForm id={id} node={node} readOnly={readOnly} />
          <ExecutionForm id={id} node={node} readOnly={readOnly} />
        </div>
      ),
    },
    {
      id: 'about',
      text: t('About'),
      content: (
        <div className={styles.body}>
          <About id={id} node={node} readOnly={readOnly} />
        </div>
      ),
    },
  ];
  return (
    <>
      <header className={styles.head}>
        <span className={styles.tile}>
          <Icon name={iconOf(type)} size={18} />
        </span>
        <div className={styles.names}>
          <NameInput
            label={t('Name of the node')}
            name={node.name}
            readOnly={readOnly}
            onChange={(name) => drawing.edit(t('Rename a node'), (draft) => renameNode(draft, id, name), `name ${id}`)}
          />
          <div className={styles.type}>
            {type?.title ?? node.type} · <code>{id}</code>
          </div>
        </div>
        <IconButton
          small
          className={styles.wider!}
          icon={props.wide ? 'narrower' : 'wider'}
          label={props.wide ? t('Narrower again') : t('Wider, for the code')}
          onPress={props.onWide}
          data-testid="wider"
        />
        <IconButton small icon="close" label={t('Close the inspector')} onPress={onClose} />
      </header>
      {failure && <FailureNotice id={id} failure={failure} readOnly={readOnly} />}
      {!type && (
        <div style={{ padding: '0 16px 8px' }}>
          <Notice tone="failed">
            {t('This server does not have the node type “{type}”. Replace the node, or have the type installed.', {
              type: node.type,
            })}
          </Notice>
        </div>
      )}
      <Tabs
        label={t('Inspector')}
        tabs={tabs}
        selected={tabs.some((one) => one.id === current) ? current : 'parameters'}
        onSelect={onTab}
      />
    </>
  );
}

function NodeForm({
  id,
  node,
  schema,
  readOnly,
  hasCode,
}: {
  id: NodeId;
  node: PipelineNode;
  schema: Schema;
  readOnly: boolean;
  hasCode: boolean;
}) {
  const drawing = useDrawingObject();
  const parameters = useDrawing((state) => state.document.parameters);
  const problems = useDrawingShallow((state) =>
    state.problems.filter((problem) => problem.node === id && problem.at.startsWith(`/nodes/${id}/parameters`)),
  );
  const columns = useColumns(id);
  const set = useCallback(
    (path: Path, value: Json | undefined, name: string) =>
      void drawing.edit(name, (draft) => setParameter(draft, id, path, value), `set ${id} ${path.join('/')}`),
    [drawing, id],
  );
  const host = useMemo<FormHost>(() => {
    const mistakes = new Map(
      problems.map((problem) => [problem.at.slice(`/nodes/${id}/parameters`.length), problem.message]),
    );
    return {
      root: schema,
      node: id,
      readOnly,
      set,
      mistake: (path) => {
        const message = mistakes.get(
          path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
        );
        return message === undefined ? null : sentence(message);
      },
      columns,
      parameters,
      bind: (path, name, made) =>
        void drawing.edit(t('Bind to “{name}”', { name }), (draft) => {
          if (made) setPipelineParameter(draft, name, made);
          setParameter(draft, id, path, { $parameter: name });
        }),
      project: drawing.project,
    };
  }, [problems, schema, id, readOnly, set, columns, parameters, drawing]);
  const unknown = problems.filter(
    (problem) => !problem.at.slice(`/nodes/${id}/parameters/`.length) || isForeign(problem.at, id, schema),
  );
  if (Object.keys(schema.properties ?? {}).length === 0)
    return (
      <p className={styles.muted}>
        {hasCode
          ? t('No parameters yet. Parameters that the code declares appear here as a form.')
          : t('This node has nothing to set.')}
      </p>
    );
  return (
    <FormProvider value={host}>
      {unknown.map((problem) => (
        <Notice
          key={problem.at}
          tone="failed"
          actions={
            <IconButton
              small
              icon="trash"
              label={t('Remove')}
              onPress={() => set([problem.at.split('/').at(-1)!], undefined, t('Remove a parameter'))}
            />
          }
        >
          {problem.message}
        </Notice>
      ))}
      <SchemaForm schema={schema} values={node.parameters} />
    </FormProvider>
  );
}

/** A parameter that the form does not have, left over from other code. */
const isForeign = (at: string, id: NodeId, schema: Schema): boolean => {
  const name = at.slice(`/nodes/${id}/parameters/`.length).split('/')[0] ?? '';
  return !Object.hasOwn(schema.properties ?? {}, name);
};

/** "Test share of "Split": a value is missing." is told at the field itself without its name and place. */
function sentence(message: string): string {
  const end = message.split('": ').at(-1) ?? message;
  const text = end.charAt(0).toUpperCase() + end.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function PortList({ id, onSelect, readOnly }: { id: NodeId; onSelect: (node: NodeId) => void; readOnly: boolean }) {
  const drawing = useDrawingObject();
  const shape = useDrawing((state) => state.shapes.get(id));
  const edges = useDrawing((state) => state.document.edges);
  const flow = useDrawing((state) => state.columns);
  const nodes = useDrawing((state) => state.document.nodes);
  const ends = useMemo(() => incident({ ...drawing.document, edges }, id), [drawing, edges, id]);
  const disconnect = (edge: Edge) => drawing.edit(t('Delete a wire'), (draft) => removeEdges(draft, [edgeId(edge)]));
  const rows = (ports: readonly Port[], end: 'from' | 'to') =>
    ports.map((port) => {
      const wires =
        end === 'to'
          ? ends.in.filter((edge) => edge.to.port === port.name)
          : ends.out.filter((edge) => edge.from.port === port.name);
      return (
        <div key={port.name} className={styles.port}>
          <PortShape kind={port.kind} filled={wires.length > 0} size={12} />
          <div className={styles.portText}>
            {port.label ?? port.name}{' '}
            <span className={styles.muted}>
              {told(nameOfKind(port.kind))}
              {port.optional ? `, ${t('optional')}` : ''}
              {port.many ? `, ${t('several')}` : ''}
            </span>
            {port.description && <small>{port.description}</small>}
            {flow && carriesColumns(port) && (end === 'from' || wires.length > 0) && (
              <ColumnList columns={end === 'to' ? flow.takes(id, port.name) : flow.gives(id, port.name)} />
            )}
            {wires.map((edge) => {
              const other = end === 'to' ? edge.from : edge.to;
              return (
                <div key={edgeId(edge)} style={{ display: 'flex', alignItems: 'center' }}>
                  <span style={{ flex: 1, minWidth: 0 }}>
                    {end === 'to' ? '← ' : '→ '}
                    <button type="button" className={styles.wireTo} onClick={() => onSelect(other.node)}>
                      {nodes[other.node]?.name ?? other.node} · {other.port}
                    </button>
                  </span>
                  {!readOnly && (
                    <IconButton small icon="unlink" label={t('Disconnect')} onPress={() => disconnect(edge)} />
                  )}
                </div>
              );
            })}
          </div>
        </div>
      );
    });
  return (
    <>
      {(['to', 'from'] as const).map((end) => {
        const ports = (end === 'to' ? shape?.inputs : shape?.outputs) ?? [];
        return (
          <section key={end} className={styles.portGroup}>
            <h4>{end === 'to' ? t('Inputs') : t('Outputs')}</h4>
            {ports.length === 0 ? <p className={styles.muted}>{t('None.')}</p> : rows(ports, end)}
          </section>
        );
      })}
    </>
  );
}

function ColumnList({ columns }: { columns: Columns }) {
  const source = sourceOf(columns);
  if (!isKnown(columns)) return source === '' ? null : <small>{source}</small>;
  return (
    <details className={styles.columns}>
      <summary>{t('{n, plural, one {# column} other {# columns}}', { n: columns.columns.length })}</summary>
      <small>{source}</small>
      <ul>
        {columns.columns.slice(0, mostListed).map(({ name, type, nullable }) => (
          <li key={name}>
            <code>{name}</code>
            <span>
              {type.toLowerCase()}
              {nullable ? `, ${t('with missing values')}` : ''}
            </span>
          </li>
        ))}
      </ul>
      {columns.columns.length > mostListed && (
        <small>{t('and {n} more', { n: columns.columns.length - mostListed })}</small>
      )}
    </details>
  );
}
const mostListed = 200;

function About({ id, node, readOnly }: { id: NodeId; node: PipelineNode; readOnly: boolean }) {
  const drawing = useDrawingObject();
  const type = drawing.catalog.get(node.type);
  return (
    <>
      <TextField
        label={t('Description')}
        lines={4}
        isReadOnly={readOnly}
        value={node.description ?? ''}
        placeholder={t('What this node is for, for whoever reads the drawing next')}
        onChange={(text) =>
          drawing.edit(
            t('Describe a node'),
            (draft) => changeNode(draft, id, { description: text || undefined } as Partial<PipelineNode>),
            `describe ${id}`,
          )
        }
      />
      {type && (
        <section>
          <h4 className={styles.sectionTitle}>{type.title}</h4>
          <p className={styles.muted} style={{ whiteSpace: 'pre-line', marginTop: 4 }}>
            {type.description || type.summary}
          </p>
        </section>
      )}
    </>
  );
}

/** Puts the cursor into the field at a pointer; without one, into the first. False while there is none to put it into. */
function focusField(body: HTMLElement | null, at: string | null): boolean {
  if (!body) return false;
  const path = at?.replace(/^\/parameters\/?/, '').replaceAll('/', '.') ?? '';
  const named = path
    ? (body.querySelector<HTMLElement>(`[name="${CSS.escape(path)}"]`) ??
      body.querySelector<HTMLElement>(`[data-field="${CSS.escape(path)}"]`))
    : null;
  const within = (element: HTMLElement | null) =>
    element?.querySelector<HTMLElement>(
      'input:not([type=hidden]):not([type=file]), textarea, button[aria-haspopup="listbox"]',
    ) ?? null;
  const target = named?.matches('input:not([type=hidden]), textarea')
    ? named
    : (within(named?.closest('div') ?? null) ?? within(body));
  target?.focus();
  target?.scrollIntoView({ block: 'nearest' });
  return target !== null && document.activeElement === target;
}
