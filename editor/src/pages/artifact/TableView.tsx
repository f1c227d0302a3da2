/** Rows of a table, fetched as they come into view, sorted and filtered by the server; or what each column holds. */
import type { ColumnProfile, Filter, Sort, TablePage } from '@drawloom/shared/api/artifacts.ts';
import type { Json } from '@drawloom/shared/json.ts';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { call, type ProblemError, problemOf, routes } from '../../api/call.ts';
import { useCall } from '../../api/useCall.ts';
import { Button, IconButton, Segmented } from '../../ui/Button.tsx';
import { DataGrid, type GridColumn } from '../../ui/DataGrid.tsx';
import { Select, TextField } from '../../ui/fields.tsx';
import { formatCount, formatNumber } from '../../ui/format.ts';
import { EmptyState, Loading, ProblemNotice } from '../../ui/notices.tsx';
import { Popover } from '../../ui/overlays.tsx';
import { t } from '../../words/index.ts';
import styles from './TableView.module.css';

const pageRows = 200;

export function TableView({ project, sha256 }: { project: string; sha256: string }) {
  const [view, setView] = useState<'rows' | 'columns'>('rows');
  const [sort, setSort] = useState<Sort[]>([]);
  const [filter, setFilter] = useState<Filter[]>([]);
  const table = useRows(project, sha256, sort, filter);
  const columns = useMemo(
    () =>
      (table.first?.columns ?? []).map(
        (column, index): GridColumn<readonly Json[]> => ({
          id: column.name,
          title: (
            <span className={styles.title}>
              {column.name} <span className={styles.type}>{column.type.toLowerCase()}</span>
            </span>
          ),
          width: widthOf(column.name, column.type),
          align: isNumeric(column.type) ? 'end' : 'start',
          sortable: true,
          cell: (row) => <Cell value={row[index] ?? null} />,
        }),
      ),
    [table.first],
  );
  const sortBy = (column: string) =>
    setSort(([before]) =>
      before?.column !== column
        ? [{ column, descending: false }]
        : before.descending
          ? []
          : [{ column, descending: true }],
    );
  return (
    <div className={styles.table}>
      <div className={styles.tools}>
        <Segmented
          label={t('View')}
          value={view}
          onChange={setView}
          options={[
            { id: 'rows', text: t('Rows') },
            { id: 'columns', text: t('Columns') },
          ]}
        />
        {view === 'rows' && table.first && (
          <>
            <AddFilter
              columns={table.first.columns.map((one) => one.name)}
              onAdd={(one) => setFilter([...filter, one])}
            />
            {filter.map((one, index) => (
              <span key={`${one.column} ${one.is} ${JSON.stringify(one.value)}`} className={styles.chip}>
                {one.column} {one.is} {one.value === undefined ? '' : String(one.value)}
                <IconButton
                  small
                  icon="close"
                  label={t('Remove this filter')}
                  onPress={() => setFilter(filter.filter((_, at) => at !== index))}
                />
              </span>
            ))}
            <span className={styles.count} role="status">
              {filter.length > 0
                ? t('{some} of {all} rows', {
                    some: formatCount(table.first.filteredCount),
                    all: formatCount(table.first.rowCount),
                  })
                : t('{n} rows', { n: formatCount(table.first.rowCount) })}
            </span>
          </>
        )}
      </div>
      {table.problem && <ProblemNotice problem={table.problem} />}
      {view === 'columns' ? (
        <Columns project={project} sha256={sha256} />
      ) : table.first ? (
        <DataGrid
          label={t('Rows')}
          columns={columns}
          rowCount={table.first.filteredCount}
          row={table.row}
          rowHeight={28}
          sort={sort[0] ? { column: sort[0].column, descending: sort[0].descending ?? false } : null}
          onSort={sortBy}
          onRange={table.want}
          of={JSON.stringify([sort, filter])}
          empty={
            <EmptyState
              icon="table"
              title={filter.length > 0 ? t('No row fits these filters') : t('This table has no rows')}
            />
          }
        />
      ) : (
        !table.problem && <Loading />
      )}
    </div>
  );
}

const isNumeric = (type: string) => /INT|DOUBLE|FLOAT|DECIMAL|REAL|HUGE/i.test(type);
const widthOf = (name: string, type: string): number =>
  Math.min(
    280,
    Math.max(isNumeric(type) ? 90 : 120, (name.length + type.length) * 7 + 36, /TIMESTAMP/i.test(type) ? 190 : 0),
  );

function Cell({ value }: { value: Json }) {
  if (value === null) return <span className={styles.missing}>null</span>;
  if (typeof value === 'object') return <>{JSON.stringify(value)}</>;
  return <>{String(value)}</>;
}

/** Pages by number, kept while the table, its order and its filters stay the same. */
function useRows(project: string, sha256: string, sort: readonly Sort[], filter: readonly Filter[]) {
  const asked = JSON.stringify([sha256, sort, filter]);
  const pages = useRef({ asked, rows: new Map<number, readonly Json[][]>(), wanted: new Set<number>() });
  // at once, not after: the rows in view are asked for by what is drawn now
  if (pages.current.asked !== asked) pages.current = { asked, rows: new Map(), wanted: new Set() };
  const [state, setState] = useState<{ first: TablePage | null; problem: ProblemError | null; turn: number }>({
    first: null,
    problem: null,
    turn: 0,
  });
  const fetchPage = useCallback(
    async (number: number) => {
      const mine = pages.current;
      if (mine.wanted.has(number)) return;
      mine.wanted.add(number);
      const [, order, where] = JSON.parse(asked) as [string, Sort[], Filter[]];
      try {
        const page = await call(routes.readTable, {
          params: { project, sha256 },
          body: { offset: number * pageRows, limit: pageRows, sort: order, filter: where },
        });
        if (pages.current !== mine) return;
        mine.rows.set(number, page.rows);
        setState((before) => ({
          first: number === 0 || !before.first ? page : before.first,
          problem: null,
          turn: before.turn + 1,
        }));
      } catch (error) {
        mine.wanted.delete(number);
        if (pages.current === mine) setState((before) => ({ ...before, problem: problemOf(error) }));
      }
    },
    [asked, project, sha256],
  );
  useEffect(() => {
    void fetchPage(0);
  }, [fetchPage]);
  const want = useCallback(
    (from: number, to: number) => {
      for (let number = Math.floor(from / pageRows); number * pageRows < to; number++) void fetchPage(number);
    },
    [fetchPage],
  );
  const row = (index: number) => pages.current.rows.get(Math.floor(index / pageRows))?.[index % pageRows];
  return { ...state, row, want };
}

const operators = ['=', '!=', '<', '<=', '>', '>=', 'contains', 'starts', 'null', 'not-null'] as const;

function AddFilter(props: { columns: readonly string[]; onAdd: (filter: Filter) => void }) {
  const [column, setColumn] = useState(props.columns[0] ?? '');
  const [is, setIs] = useState<Filter['is']>('=');
  const [value, setValue] = useState('');
  const bare = is === 'null' || is === 'not-null';
  return (
    <Popover
      label={t('Filter rows')}
      trigger={
        <Button small icon="filter">
          {t('Filter')}
        </Button>
      }
    >
      {(close) => (
        <form
          className={styles.filter}
          onSubmit={(event) => {
            event.preventDefault();
            props.onAdd({ column, is, ...(bare ? {} : { value }) });
            close();
          }}
        >
          <Select
            label={t('Column')}
            value={column}
            onChange={setColumn}
            options={props.columns.map((id) => ({ id, text: id }))}
          />
          <Select
            label={t('Is')}
            value={is}
            onChange={(id) => setIs(id as Filter['is'])}
            options={operators.map((id) => ({ id, text: wordOf(id) }))}
          />
          {!bare && <TextField label={t('Value')} value={value} onChange={setValue} autoFocus />}
          <Button type="submit" tone="primary">
            {t('Filter')}
          </Button>
        </form>
      )}
    </Popover>
  );
}

function wordOf(is: Filter['is']): string {
  switch (is) {
    case 'contains':
      return t('contains');
    case 'starts':
      return t('starts with');
    case 'null':
      return t('is missing');
    case 'not-null':
      return t('is not missing');
    case 'in':
      return t('is one of');
    default:
      return is;
  }
}

function Columns({ project, sha256 }: { project: string; sha256: string }) {
  const { data, problem, reload } = useCall(routes.profileTable, { params: { project, sha256 } });
  if (problem) return <ProblemNotice problem={problem} onRetry={reload} />;
  if (!data) return <Loading text={t('Looking at every column…')} />;
  return (
    <ul className={styles.columns}>
      {data.columns.map((column) => (
        <li key={column.name}>
          <div className={styles.columnHead}>
            <strong>{column.name}</strong>
            <span className={styles.type}>{column.type.toLowerCase()}</span>
            <span className={styles.nulls} data-some={column.nullCount > 0 ? '' : undefined}>
              {column.nullCount === 0
                ? t('none missing')
                : t('{n} missing ({share} %)', {
                    n: formatCount(column.nullCount),
                    share: formatNumber(Math.round((column.nullCount / Math.max(1, data.rowCount)) * 1000) / 10),
                  })}
            </span>
          </div>
          <div className={styles.columnBody}>
            {column.histogram ? <Histogram column={column} /> : <Top column={column} rowCount={data.rowCount} />}
            <span className={styles.numbers}>{numbersOf(column)}</span>
          </div>
        </li>
      ))}
    </ul>
  );
}

function numbersOf(column: ColumnProfile): string {
  const parts = [
    column.distinctCount === null ? null : t('≈ {n} distinct', { n: formatCount(column.distinctCount) }),
    column.min === null ? null : t('from {min} to {max}', { min: written(column.min), max: written(column.max ?? '') }),
    column.mean === null ? null : t('mean {mean}', { mean: formatNumber(column.mean) }),
  ];
  return parts.filter(Boolean).join(' · ');
}

const written = (value: string | number): string => (typeof value === 'number' ? formatNumber(value) : value);

/** Bars of one colour that follow the theme; the numbers beside them say the same in words. */
function Histogram({ column }: { column: ColumnProfile }) {
  const bins = column.histogram!;
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  return (
    <svg
      className={styles.histogram}
      viewBox={`0 0 ${bins.length} 1`}
      preserveAspectRatio="none"
      role="img"
      aria-label={t('Distribution of {name}', { name: column.name })}
    >
      {bins.map((bin, index) => (
        <rect key={bin.from} x={index + 0.06} width={0.88} y={1 - bin.count / most} height={bin.count / most}>
          <title>{`${formatNumber(bin.from)} – ${formatNumber(bin.to)}: ${formatCount(bin.count)}`}</title>
        </rect>
      ))}
    </svg>
  );
}

function Top({ column, rowCount }: { column: ColumnProfile; rowCount: number }) {
  return (
    <ol className={styles.top}>
      {(column.top ?? []).slice(0, 5).map((one) => (
        <li key={one.value}>
          <span className={styles.share} style={{ width: `${(one.count / Math.max(1, rowCount)) * 100}%` }} />
          <span className={styles.value}>{one.value}</span>
          <span className={styles.nulls}>{formatCount(one.count)}</span>
        </li>
      ))}
    </ol>
  );
}
