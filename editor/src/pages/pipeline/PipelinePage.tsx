/** The editor of one pipeline: palette, outline and versions at the left, the canvas, the inspector at the right, problems below. */
import { bindPipeline, blocks } from '@drawloom/shared/pipeline/checks.ts';
import type { NodeId } from '@drawloom/shared/pipeline/document.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import { isRunFinal } from '@drawloom/shared/run/status.ts';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import {
  type ClipboardEvent,
  type KeyboardEvent,
  lazy,
  Suspense,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { addressOf, call, type ProblemError, problemOf, routes } from '../../api/call.ts';
import { useMay } from '../../api/session.ts';
import { commandFor, isPressed, isTyping } from '../../app/commands.ts';
import { go } from '../../app/go.ts';
import { PageProblem } from '../../app/PageProblem.tsx';
import { places } from '../../app/places.ts';
import { Announcements } from '../../canvas/Announcements.tsx';
import { Canvas } from '../../canvas/Canvas.tsx';
import { useCardFacts } from '../../canvas/cardFacts.ts';
import { cutSelection, pasteText, selectionText } from '../../canvas/clipboard.ts';
import type { CanvasHandle } from '../../canvas/handle.ts';
import { announce } from '../../canvas/view.ts';
import { loadCatalog } from '../../document/catalog.ts';
import { DrawingProvider, useDrawing } from '../../document/DrawingContext.tsx';
import { Drawing } from '../../document/drawing.ts';
import { languagesOf, loadReaders } from '../../document/readers/late.ts';
import { wantField } from '../../inspector/focus.ts';
import { Inspector, loadFormsWhenIdle } from '../../inspector/Inspector.tsx';
import type { InspectorTab } from '../../inspector/inspected.ts';
import { Button } from '../../ui/Button.tsx';
import { EmptyState, Loading } from '../../ui/notices.tsx';
import { toast } from '../../ui/overlays.tsx';
import { Page } from '../../ui/Page.tsx';
import { Split, setPanelOpen, usePanel } from '../../ui/Panels.tsx';
import { statusWord } from '../../ui/StatusMark.tsx';
import { t } from '../../words/index.ts';
import { useBelowInAddress } from './belowInAddress.ts';
import { useBenchHook } from './benchHook.ts';
import { commands } from './commands.ts';
import { LeftPanel } from './LeftPanel.tsx';
import { noteChord } from './movements.ts';
import styles from './PipelinePage.module.css';
import type { PageContext } from './pageContext.ts';
import {
  focusSoon,
  inspectorWidth,
  openDrawer,
  panels,
  toggleInspectorWide,
  useInspectorWide,
  usePage,
} from './pageState.ts';
import { StatusBar } from './StatusBar.tsx';
import { useSayStatus } from './sayStatus.ts';
import { startRun } from './startRun.ts';
import { TopBar } from './TopBar.tsx';
import { Untrusted } from './Untrusted.tsx';
import { useEvents } from './watchRun.ts';

// what is not on the first screen comes when it is first wanted
const ContextMenu = lazy(() => import('./ContextMenu.tsx').then((m) => ({ default: m.ContextMenu })));
const Drawer = lazy(() => import('./Drawer.tsx').then((m) => ({ default: m.Drawer })));
const FreezeDialog = lazy(() => import('./Versions.tsx').then((m) => ({ default: m.FreezeDialog })));
const RunDialog = lazy(() => import('./RunDialog.tsx').then((m) => ({ default: m.RunDialog })));
const Finder = lazy(() => import('./Finder.tsx').then((m) => ({ default: m.Finder })));
const FindBar = lazy(() => import('./FindBar.tsx').then((m) => ({ default: m.FindBar })));
const KeySheet = lazy(() => import('./Finder.tsx').then((m) => ({ default: m.KeySheet })));
const Conflicts = lazy(() => import('./Conflicts.tsx').then((m) => ({ default: m.Conflicts })));

export function PipelinePage() {
  const { pipeline } = useParams({ from: '/p/$project/pipelines/$pipeline' });
  return <Opened key={pipeline} pipeline={pipeline} />;
}

function Opened({ pipeline }: { pipeline: string }) {
  const [drawing, setDrawing] = useState<Drawing | null>(null);
  const [problem, setProblem] = useState<ProblemError | null>(null);
  const [turn, setTurn] = useState(0);
  const { project } = useParams({ from: '/p/$project/pipelines/$pipeline' });
  const mayEdit = useMay(project, 'graph.edit');
  // biome-ignore lint/correctness/useExhaustiveDependencies: turn asks again
  useEffect(() => {
    let opened: Drawing | null = null;
    let gone = false;
    setProblem(null);
    Promise.all([call(routes.getPipeline, { params: { pipeline } }), loadCatalog()]).then(
      async ([answer, catalog]) => {
        await loadReaders(languagesOf(answer.document, catalog));
        if (gone) return;
        opened = new Drawing(answer, catalog, !mayEdit);
        await opened.resume();
        if (gone) return opened.close();
        setDrawing(opened);
      },
      (error) => !gone && setProblem(problemOf(error)),
    );
    return () => {
      gone = true;
      opened?.close();
    };
  }, [pipeline, mayEdit, turn]);
  if (problem)
    return (
      <Page title={t('Pipeline')}>
        <PageProblem
          problem={problem}
          icon="pipelines"
          missing={t('There is no such pipeline')}
          back={{ href: places.pipelines(project), text: t('Go to pipelines') }}
          onRetry={() => setTurn(turn + 1)}
        />
      </Page>
    );
  if (!drawing) return <Loading text={t('Opening the drawing…')} />;
  return (
    <DrawingProvider value={drawing}>
      <Workbench key={drawing.id} drawing={drawing} project={project} />
    </DrawingProvider>
  );
}

function Workbench({ drawing, project }: { drawing: Drawing; project: string }) {
  const search = useSearch({ from: '/p/$project/pipelines/$pipeline' });
  const navigate = useNavigate({ from: '/p/$project/pipelines/$pipeline' });
  const [canvas, setCanvas] = useState<CanvasHandle | null>(null);
  const [run, setRun] = useState<number | null>(search.run ?? null);
  const [busy, setBusy] = useState(false);
  const [freezing, setFreezing] = useState(false);
  const [versionTurn, setVersionTurn] = useState(0);
  const mayRun = useMay(project, 'run.execute');
  const page = usePage();
  const name = useDrawing((state) => state.document.name);
  const conflicted = useDrawing((state) => state.conflicts.length > 0);
  const right = usePanel(panels.right);
  const wide = useInspectorWide();
  const keepIncoming = useRef(false);
  useEvents(drawing, run);
  useEffect(() => () => usePage.setState({ find: false }), []);
  useEffect(loadFormsWhenIdle, []);

  useEffect(() => {
    document.title = `${name} · Drawloom`;
  }, [name]);

  const put = useCallback(
    (change: Partial<typeof search>) =>
      void navigate({ search: (before) => ({ ...before, ...change }), replace: true }),
    [navigate],
  );

  useBelowInAddress(search.below, put);

  // the last run shows on the cards until another one starts
  // biome-ignore lint/correctness/useExhaustiveDependencies: once per opened drawing
  useEffect(() => {
    if (search.run !== undefined) return;
    void call(routes.listRuns, { params: { project }, query: { pipeline: drawing.id, limit: 1 } }).then(
      ({ items }) => setRun((now) => now ?? items[0]?.id ?? null),
      () => undefined,
    );
  }, [drawing]);

  // one selection in the address: a reload and a shared link show the same node
  // biome-ignore lint/correctness/useExhaustiveDependencies: the address is read once and written after
  useEffect(() => {
    if (!canvas) return;
    if (search.node && drawing.document.nodes[search.node]) {
      drawing.select({ nodes: new Set([search.node]) });
      canvas.show(search.node, true);
      if (search.line !== undefined) {
        setPanelOpen(panels.right, true);
        wantField(search.node, '/code', search.line);
        put({ line: undefined });
      }
    }
    // whoever opened the page by keyboard goes on at the drawing
    if (document.activeElement === document.body) canvas.focus(search.node);
    return drawing.store.subscribe((state, before) => {
      if (state.selection === before.selection) return;
      const only = state.selection.nodes.size === 1 ? [...state.selection.nodes][0] : undefined;
      put({ node: only });
    });
  }, [canvas, drawing]);

  // how a run that was started here ends is said aloud; what went wrong is shown at once
  const startedHere = useRef<number | null>(null);
  useSayStatus(drawing, startedHere);
  useEffect(
    () =>
      useCardFacts.subscribe(({ run: shown, status }, before) => {
        if (shown === null || shown !== startedHere.current || status === null || !isRunFinal(status)) return;
        if (before.run === shown && before.status === status) return;
        announce(t('Run {run}: {status}.', { run: shown, status: statusWord(status) }));
        if (status === 'failed') openDrawer('result');
      }),
    [],
  );
  const started = useCallback(
    (id: number) => {
      startedHere.current = id;
      usePage.setState({ runDialog: null });
      setRun(id);
      put({ run: id });
      announce(t('Run {run} has started.', { run: id }));
    },
    [put],
  );
  const context = useMemo<PageContext | null>(() => {
    if (!canvas) return null;
    return {
      drawing,
      canvas,
      mayRun,
      run: (scope) => {
        // a part may be fit to run while the rest is not: whoever starts it is told
        if (scope || mayStart(drawing)) usePage.setState({ runDialog: { scope: scope ?? null } });
      },
      runAtOnce: () => {
        if (!mayStart(drawing)) return;
        if ('problems' in bindPipeline(drawing.document.parameters, {})) {
          usePage.setState({ runDialog: { scope: null } });
          return;
        }
        setBusy(true);
        startRun(drawing, { parameters: {}, reuse: true })
          .then(started, (error) => toast(problemOf(error).message, 'failed'))
          .finally(() => setBusy(false));
      },
      focusPalette: () => {
        setPanelOpen(panels.left, true);
        put({ panel: undefined });
        focusSoon(() => document.querySelector('[data-testid="palette-search"] input'));
      },
      focusOutline: () => {
        setPanelOpen(panels.left, true);
        put({ panel: 'outline' });
        const first = Object.keys(drawing.document.nodes).length > 0 ? '[role="treeitem"][tabindex="0"]' : 'button';
        focusSoon(() => document.querySelector(`[data-testid="outline"] ${first}`));
      },
      edit: (node) => {
        setPanelOpen(panels.right, true);
        const type = drawing.catalog.get(drawing.document.nodes[node]?.type ?? '');
        wantField(node, type?.code === 'user' ? '/code' : null, type?.code === 'user' ? 1 : null);
      },
      showResult: () => {
        openDrawer('result');
        focusSoon(() => document.querySelector('[data-testid="drawer"] [role="tab"][aria-selected="true"]'));
      },
      openRun: () => {
        const { run: shown } = useCardFacts.getState();
        const { nodes } = drawing.selection;
        if (shown !== null) go(places.run(project, shown, nodes.size === 1 ? [...nodes][0] : undefined));
      },
      freeze: () => setFreezing(true),
      exportFile: () => {
        const link = document.createElement('a');
        link.href = addressOf(routes.exportPipeline, { params: { pipeline: drawing.id } });
        link.download = '';
        void drawing.flush().then(
          () => link.click(),
          (error) => toast(problemOf(error).message, 'failed'),
        );
      },
    };
  }, [canvas, drawing, mayRun, project, put, started]);

  const onKey = useCallback(
    (event: KeyboardEvent | globalThis.KeyboardEvent) => {
      if (!context || event.defaultPrevented) return;
      const native = 'nativeEvent' in event ? event.nativeEvent : event;
      keepIncoming.current = (native.ctrlKey || native.metaKey) && native.shiftKey && native.key.toLowerCase() === 'v';
      const inCanvas = context.canvas.element.contains(native.target as Node);
      const typing = isTyping(native.target);
      const command = commandFor(commands, native, inCanvas && !typing ? 'canvas' : 'page', context);
      // text has its own undo; other chords of the page reach through
      if (!command || (typing && (command.id === 'undo' || command.id === 'redo'))) return;
      // a button on the canvas takes its own Enter
      if (native.key === 'Enter' && !command.keys?.[0]?.includes('+') && isPressed(native.target)) return;
      event.preventDefault();
      event.stopPropagation();
      noteChord(native);
      command.run(context);
    },
    [context],
  );
  useEffect(() => {
    const press = (event: globalThis.KeyboardEvent) => {
      if (!(event.target as HTMLElement).closest?.('[role="dialog"], [role="alertdialog"], [role="menu"]'))
        onKey(event);
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [onKey]);

  const onClipboard = useCallback(
    (kind: 'copy' | 'cut' | 'paste', event: ClipboardEvent) => {
      if (!canvas || isTyping(event.target)) return;
      if (kind === 'paste') {
        if (drawing.store.getState().readOnly) return;
        event.preventDefault();
        pasteText(canvas, event.clipboardData.getData('text/plain'), { keepIncoming: keepIncoming.current });
        return;
      }
      const text = selectionText(canvas);
      if (!text) return;
      event.preventDefault();
      event.clipboardData.setData('text/plain', text);
      if (kind === 'cut') cutSelection(canvas);
      else
        announce(t('{n, plural, one {Copied a node.} other {Copied # nodes.}}', { n: drawing.selection.nodes.size }));
    },
    [canvas, drawing],
  );

  const showNode = useCallback(
    (id: NodeId) => {
      drawing.select({ nodes: new Set([id]) });
      canvas?.show(id, true);
    },
    [canvas, drawing],
  );
  const openProblem = (problem: Problem) => {
    const node = problem.node ?? /^\/nodes\/([^/]+)/.exec(problem.at)?.[1];
    if (problem.edge) {
      drawing.select({ edges: new Set([problem.edge]) });
      const target = drawing.document.edges[problem.edge]?.to.node;
      if (target) canvas?.show(target, true);
    } else if (node) {
      showNode(node);
      right.setOpen(true);
      wantField(node, problem.at.replace(`/nodes/${node}`, '') || null, problem.line ?? null);
    } else {
      drawing.select({});
      right.setOpen(true);
    }
  };
  useBenchHook(drawing, canvas);

  const bottom = (
    <Split
      name={panels.bottom}
      side="bottom"
      label={t('Result, timeline and problems')}
      size={320}
      min={140}
      openAtFirst={false}
      panel={
        <Suspense fallback={<Loading />}>
          <Drawer onProblem={openProblem} onSelect={showNode} />
        </Suspense>
      }
    >
      <Canvas
        onReady={setCanvas}
        onKey={onKey}
        onClipboard={onClipboard}
        onContextMenu={(event, node) => {
          event.preventDefault();
          if (node && !drawing.selection.nodes.has(node)) drawing.select({ nodes: new Set([node]) });
          usePage.setState({ menu: { x: event.clientX, y: event.clientY, node } });
        }}
        onDropped={(id) => {
          right.setOpen(true);
          wantField(id, null);
        }}
        empty={<EmptyCanvas onAdd={() => context && commands.find((one) => one.id === 'add')!.run(context)} />}
      >
        {context && page.find && (
          <Suspense>
            <FindBar context={context} />
          </Suspense>
        )}
      </Canvas>
    </Split>
  );
  return (
    <main className={styles.page} id="main">
      <TopBar context={context} project={project} busy={busy} />
      <Untrusted />
      <div className={styles.body}>
        <Split
          name={panels.left}
          side="left"
          label={t('Palette, outline and versions')}
          size={280}
          panel={
            <LeftPanel
              panel={search.panel ?? 'palette'}
              onPanel={(panel) => put({ panel: panel === 'palette' ? undefined : panel })}
              canvas={canvas}
              onSelect={showNode}
              versionTurn={versionTurn}
              onFreeze={() => setFreezing(true)}
            />
          }
        >
          <Split
            name={panels.right}
            side="right"
            label={t('Inspector')}
            size={inspectorWidth.usual}
            min={280}
            panel={
              <Inspector
                tab={search.tab as InspectorTab | undefined}
                onTab={(tab) => put({ tab })}
                onSelect={showNode}
                onClose={() => right.setOpen(false)}
                wide={wide}
                onWide={toggleInspectorWide}
              />
            }
          >
            {bottom}
          </Split>
        </Split>
      </div>
      <StatusBar onOutline={() => context?.focusOutline()} />
      <Suspense>
        {context && page.palette && <Finder context={context} />}
        {page.sheet && <KeySheet />}
        {page.runDialog && (
          <RunDialog
            drawing={drawing}
            scope={page.runDialog.scope}
            onClose={() => usePage.setState({ runDialog: null })}
            onStarted={started}
          />
        )}
        {freezing && <FreezeDialog onClose={() => setFreezing(false)} onFrozen={() => setVersionTurn((n) => n + 1)} />}
        {conflicted && <Conflicts />}
        {context && page.menu && <ContextMenu context={context} at={page.menu} />}
      </Suspense>
      <Announcements />
    </main>
  );
}

/** Says it, and where, when the drawing cannot run as it is. */
function mayStart(drawing: Drawing): boolean {
  if (!blocks(drawing.store.getState().problems)) return true;
  openDrawer('problems');
  toast(t('This pipeline cannot run yet. The problems are listed below the canvas.'), 'failed');
  return false;
}

function EmptyCanvas({ onAdd }: { onAdd: () => void }) {
  return (
    <EmptyState
      icon="pipelines"
      title={t('Draw a pipeline')}
      actions={
        <Button tone="primary" icon="plus" onPress={onAdd}>
          {t('Add the first node')}
        </Button>
      }
    >
      {t('Drag nodes here from the left, or press N. Then pull a wire from an output to an input.')}
    </EmptyState>
  );
}
