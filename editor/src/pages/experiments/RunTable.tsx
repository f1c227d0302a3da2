/** The runs of an experiment as a grid of any length: what a run is, then its numbers, parameters and tags. */
import type { TrackedRun } from '@drawloom/shared/api/experiments.ts';
import { DataGrid, type GridColumn } from '../../ui/DataGrid.tsx';
import { StatusMark } from '../../ui/StatusMark.tsx';
import { Ago, Elapsed } from '../../ui/Time.tsx';
import { t } from '../../words/index.ts';
import { type ColumnId, cellText, kindOf, nameOf } from './columns.ts';
import styles from './Experiments.module.css';
import { statusOf } from './statusOf.ts';

type Chosen = ReadonlyMap<string, TrackedRun>;

export function RunTable(props: {
  runs: readonly TrackedRun[];
  columns: readonly ColumnId[];
  sort: { column: string; descending: boolean } | null;
  onSort: (column: string) => void;
  selected: Chosen;
  onSelect: (selected: Chosen) => void;
  onOpen: (run: TrackedRun) => void;
  /** Asked for when the last row comes into view; undefined when there is nothing more. */
  onEnd: (() => void) | undefined;
}) {
  const { runs, selected, onSelect, onEnd } = props;
  const columns: GridColumn<TrackedRun>[] = [
    {
      id: 'chosen',
      title: '',
      width: 40,
      cell: (run) => (
        <label className={styles.tick}>
          <input
            type="checkbox"
            aria-label={t('Choose {name}', { name: run.name })}
            checked={selected.has(run.id)}
            onClick={(event) => event.stopPropagation()}
            onChange={() => {
              const next = new Map(selected);
              if (!next.delete(run.id)) next.set(run.id, run);
              onSelect(next);
            }}
          />
        </label>
      ),
    },
    { id: 'run_name', title: t('Run'), width: 200, sortable: true, cell: (run) => <strong>{run.name}</strong> },
    {
      id: 'status',
      title: t('State'),
      width: 120,
      sortable: true,
      cell: (run) => <StatusMark status={statusOf(run.status)} />,
    },
    {
      id: 'start_time',
      title: t('Started'),
      width: 130,
      sortable: true,
      cell: (run) => <Ago at={new Date(run.startMs).toISOString()} />,
    },
    {
      id: 'took',
      title: t('Took'),
      width: 90,
      align: 'end',
      cell: (run) => (
        <Elapsed
          from={new Date(run.startMs).toISOString()}
          to={run.endMs === null ? null : new Date(run.endMs).toISOString()}
        />
      ),
    },
    ...props.columns.map(
      (id): GridColumn<TrackedRun> => ({
        id,
        title: nameOf(id),
        width: kindOf(id) === 'metrics' ? 130 : 150,
        align: kindOf(id) === 'metrics' ? 'end' : 'start',
        sortable: true,
        cell: (run) => cellText(run, id),
      }),
    ),
  ];
  return (
    <DataGrid
      label={t('Runs')}
      columns={columns}
      rowCount={runs.length}
      row={(index) => runs[index]}
      sort={props.sort}
      onSort={props.onSort}
      onOpen={props.onOpen}
      selected={(run) => selected.has(run.id)}
      onRange={(_, to) => {
        if (to >= runs.length) onEnd?.();
      }}
    />
  );
}
