/** Decides what a lineage page knows: the answer to its question, what was asked further from single cards, and what is folded away. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Lineage, LineageWay } from '@drawloom/shared/api/lineage.ts';
import { useCallback, useMemo, useState } from 'react';
import { call, type ProblemError, problemOf } from '../../api/call.ts';
import { useCall } from '../../api/useCall.ts';
import { t } from '../../words/index.ts';
import { doorOf, type Graph, graphOf, opened, type Shown, type Side, shownOf, sideOf } from './graph.ts';
import { nameOf } from './words.ts';

export interface Question {
  project: string;
  from: string | undefined;
  direction: LineageWay | 'both';
  depth: number;
  withCode: boolean;
}
/** Edges in a row that one press on a card asks for: to the work, and on to what that read or gave. */
const further = 2;

interface Changes {
  /** Whose these are: another answer begins anew. */
  of: Lineage | undefined;
  openings: { at: string; way: LineageWay; answer: Lineage }[];
  folded: ReadonlySet<Side>;
}

export interface KnownLineage {
  graph: Graph | null;
  shown: Shown | null;
  folded: ReadonlySet<Side>;
  problem: ProblemError | null;
  loading: boolean;
  reload: () => void;
  /** Why a card could not be opened further. */
  refused: ProblemError | null;
  /** What happened last, for those who do not see it. */
  told: string;
  /** Asks further, shows again or folds away, whichever the side stands at. */
  turn: (id: string, way: LineageWay) => void;
  /** Asks further, whatever is known there. */
  open: (id: string, way: LineageWay) => void;
}

export function useLineage({ project, from, direction, depth, withCode }: Question): KnownLineage {
  const also = useMemo(() => (withCode ? { with: 'code,environment' } : {}), [withCode]);
  const { data, problem, loading, reload } = useCall(
    routes.getLineage,
    from ? { params: { project }, query: { from, direction, depth, ...also } } : null,
  );
  const [kept, setKept] = useState<Changes>({ of: undefined, openings: [], folded: new Set() });
  const [told, setTold] = useState('');
  const [refused, setRefused] = useState<ProblemError | null>(null);
  const changes = useMemo(
    () => (kept.of === data ? kept : { of: data, openings: [], folded: new Set<Side>() }),
    [kept, data],
  );
  const { openings, folded } = changes;
  const graph = useMemo(() => (data ? openings.reduce(opened, graphOf(data)) : null), [data, openings]);
  const shown = useMemo(() => graph && shownOf(graph, folded), [graph, folded]);

  const open = useCallback(
    (id: string, way: LineageWay) => {
      const query = { from: id, direction: way, depth: further, ...also };
      call(routes.getLineage, { params: { project }, query }).then(
        (answer) => {
          setRefused(null);
          setKept((before) => {
            const own = before.of === data ? before : { of: data, openings: [], folded: new Set<Side>() };
            const shownAgain = new Set([...own.folded].filter((side) => side !== sideOf(way, id)));
            return { ...own, openings: [...own.openings, { at: id, way, answer }], folded: shownAgain };
          });
          setTold(
            answer.nodes.length > 1
              ? t('{n, plural, one {# card came.} other {# cards came.}}', { n: answer.nodes.length - 1 })
              : t('Nothing more is known there.'),
          );
        },
        (error) => setRefused(problemOf(error)),
      );
    },
    [project, also, data],
  );
  const turn = useCallback(
    (id: string, way: LineageWay) => {
      const node = graph?.nodes.get(id);
      const door = node && shown && doorOf(node, way, shown, folded);
      if (!door) return;
      if (door === 'more') return open(id, way);
      const next = new Set(folded);
      if (door === 'show') next.delete(sideOf(way, id));
      else next.add(sideOf(way, id));
      setKept({ ...changes, folded: next });
      const name = nameOf(node);
      setTold(door === 'show' ? t('{name} is open again.', { name }) : t('{name} is folded.', { name }));
    },
    [graph, shown, folded, changes, open],
  );
  return { graph, shown, folded, problem, loading, reload, refused, told, turn, open };
}
