/** How long things are kept: the limits with what they would take as they are changed, and how much there is and was. */
import { routes } from '@drawloom/shared/api/index.ts';
import type {
  KeptBy,
  RetentionPolicy,
  RetentionPreview,
  Retention as RetentionState,
} from '@drawloom/shared/api/retention.ts';
import { useEffect, useState } from 'react';
import { call, type ProblemError, problemOf } from '../../api/call.ts';
import { useMay } from '../../api/session.ts';
import { useCall } from '../../api/useCall.ts';
import { places } from '../../app/places.ts';
import { Button, LinkButton } from '../../ui/Button.tsx';
import { formatBytes, formatCount } from '../../ui/format.ts';
import { Loading, Notice, ProblemNotice } from '../../ui/notices.tsx';
import { toast } from '../../ui/overlays.tsx';
import { Facts } from '../../ui/Page.tsx';
import { Table } from '../../ui/Table.tsx';
import { Ago } from '../../ui/Time.tsx';
import { NumberField } from '../../ui/textFields.tsx';
import { t } from '../../words/index.ts';
import { Section } from './parts.tsx';
import styles from './SettingsPage.module.css';

export function Retention({ project }: { project: string }) {
  const { data, problem, reload, put } = useCall(routes.getRetention, { params: { project } });
  const [draft, setDraft] = useState<RetentionPolicy | null>(null);
  const [saving, setSaving] = useState(false);
  const mayChange = useMay(project, 'artifact.delete');
  if (!data) return problem ? <ProblemNotice problem={problem} onRetry={reload} /> : <Loading />;
  const policy = draft ?? data.policy;
  const changed = draft !== null && JSON.stringify(draft) !== JSON.stringify(data.policy);
  const save = async () => {
    setSaving(true);
    try {
      const saved = await call(routes.setRetention, { params: { project }, body: policy });
      put(() => saved);
      setDraft(null);
      toast(t('The limits hold from now on.'), 'success');
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
    setSaving(false);
  };
  return (
    <>
      <Section
        title={t('Limits')}
        about={t(
          'What is older goes by itself, once an hour. Pinned runs, the last good run of each pipeline and whatever a kept run needs stay. An empty field is no limit.',
        )}
      >
        <Limits policy={policy} readOnly={!mayChange} onChange={setDraft} />
        {mayChange && (
          <div className={styles.actions}>
            <Button tone="primary" isDisabled={!changed} isPending={saving} onPress={() => void save()}>
              {t('Save')}
            </Button>
            {changed && (
              <Button tone="quiet" onPress={() => setDraft(null)}>
                {t('Discard')}
              </Button>
            )}
          </div>
        )}
      </Section>
      <WouldGo project={project} policy={policy} changed={changed} />
      <Section title={t('What there is')}>
        <Amounts of={data} />
      </Section>
    </>
  );
}

function Limits(props: { policy: RetentionPolicy; readOnly: boolean; onChange: (policy: RetentionPolicy) => void }) {
  const { policy } = props;
  const field = (name: keyof RetentionPolicy, label: string, unit: string, hint: string) => (
    <NumberField
      label={label}
      hint={hint}
      unit={unit}
      whole
      minimum={1}
      isDisabled={props.readOnly}
      placeholder={t('No limit')}
      value={policy[name]}
      onChange={(value) =>
        props.onChange({ ...policy, [name]: value === null ? null : Math.max(1, Math.round(value)) })
      }
    />
  );
  return (
    <div className={styles.limits}>
      {field('runDays', t('Runs'), t('days'), t('After the end of the run.'))}
      {field('runsPerPipeline', t('Runs per pipeline'), t('runs'), t('The newest are kept.'))}
      {field('artifactDays', t('Outputs'), t('days'), t('Their bytes; what they were stays known.'))}
      {field('logDays', t('Logs'), t('days'), t('After the end of the run.'))}
    </div>
  );
}

/** Asked anew a moment after the last change, so that typing a number does not ask for each of its digits. */
function usePreview(project: string, policy: RetentionPolicy) {
  const [state, setState] = useState<{ told: RetentionPreview | null; problem: ProblemError | null; loading: boolean }>(
    {
      told: null,
      problem: null,
      loading: true,
    },
  );
  const asked = JSON.stringify(policy);
  useEffect(() => {
    const stop = new AbortController();
    setState((before) => ({ ...before, loading: true }));
    const timer = setTimeout(() => {
      call(
        routes.previewRetention,
        { params: { project }, body: { policy: JSON.parse(asked) as RetentionPolicy } },
        { signal: stop.signal },
      ).then(
        (told) => setState({ told, problem: null, loading: false }),
        (error) => {
          if (!stop.signal.aborted) setState((before) => ({ ...before, problem: problemOf(error), loading: false }));
        },
      );
    }, 300);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [project, asked]);
  return state;
}

function WouldGo({ project, policy, changed }: { project: string; policy: RetentionPolicy; changed: boolean }) {
  const { told, problem, loading } = usePreview(project, policy);
  const title = changed ? t('What would go by these limits') : t('What goes next');
  return (
    <Section title={title} about={t('Looked up now; nothing is taken away by looking.')}>
      {problem && <ProblemNotice problem={problem} />}
      {!told && !problem && <Loading />}
      {told && (
        <div aria-busy={loading} className={styles.form} style={{ maxWidth: 'none' }}>
          <div className={styles.boxed}>
            <Facts
              of={[
                [t('Runs'), told.runs.count === 0 ? t('None') : runsText(told.runs)],
                [t('Outputs'), amount(told.artifacts.count, told.artifacts.sizeBytes)],
                [t('Logs'), amount(told.logs.runs, told.logs.sizeBytes)],
              ]}
            />
          </div>
          {told.kept.length > 0 && (
            <Notice>
              {t('Beyond the limits and kept: {list}.', {
                list: told.kept.map(({ by, runs }) => `${formatCount(runs)} × ${keptWord(by)}`).join(', '),
              })}
            </Notice>
          )}
          <Runs project={project} told={told} />
        </div>
      )}
    </Section>
  );
}

const mostShown = 20;

function Runs({ project, told }: { project: string; told: RetentionPreview }) {
  const rows = [
    ...told.going.slice(0, mostShown).map((one) => ({ ...one, keptBy: null })),
    ...told.staying.slice(0, mostShown),
  ];
  if (rows.length === 0) return null;
  return (
    <Table
      caption={t('Runs beyond the limits')}
      rows={rows}
      keyOf={({ run }) => run}
      columns={[
        {
          head: t('Run'),
          cell: ({ run }) => (
            <LinkButton small tone="quiet" href={places.run(project, run)}>
              {t('Run {run}', { run })}
            </LinkButton>
          ),
        },
        { head: t('Pipeline'), cell: ({ pipeline }) => pipeline.name },
        { head: t('Ended'), cell: ({ finishedAt }) => finishedAt && <Ago at={finishedAt} /> },
        { head: t('Beyond'), cell: ({ why }) => (why === 'age' ? t('the days') : t('the count')) },
        {
          head: t('What becomes of it'),
          cell: ({ keptBy }) => (keptBy === null ? t('Goes') : t('Stays: {why}', { why: keptWord(keptBy) })),
        },
      ]}
    />
  );
}

function Amounts({ of: { kept, forgotten, lastPassAt } }: { of: RetentionState }) {
  return (
    <>
      <Table
        caption={t('What there is')}
        rows={[
          {
            what: t('Runs'),
            now: t('{n}, {pinned} pinned', { n: formatCount(kept.runs), pinned: formatCount(kept.pinned) }),
            gone: formatCount(forgotten.runs),
          },
          {
            what: t('Outputs and files'),
            now: amount(kept.artifacts.count, kept.artifacts.sizeBytes),
            gone: amount(forgotten.artifacts.count, forgotten.artifacts.sizeBytes),
          },
          { what: t('Logs'), now: formatBytes(kept.logBytes), gone: formatBytes(forgotten.logBytes) },
        ]}
        keyOf={({ what }) => what}
        columns={[
          { head: t('What'), cell: ({ what }) => what },
          { head: t('There now'), kind: 'number', cell: ({ now }) => now },
          { head: t('Forgotten so far'), kind: 'number', cell: ({ gone }) => gone },
        ]}
      />
      <p className={styles.muted}>
        {lastPassAt ? (
          <>
            {t('Last carried out')} <Ago at={lastPassAt} />
          </>
        ) : (
          t('Not carried out yet; it is once an hour.')
        )}
      </p>
    </>
  );
}

const amount = (count: number, sizeBytes: number): string =>
  count === 0 ? t('None') : t('{n} with {size}', { n: formatCount(count), size: formatBytes(sizeBytes) });

const runsText = ({ count, byAge, byCount }: RetentionPreview['runs']): string =>
  byCount === 0
    ? t('{n}, by their age', { n: formatCount(count) })
    : byAge === 0
      ? t('{n}, by their count', { n: formatCount(count) })
      : t('{n}: {age} by their age, {count} by their count', {
          n: formatCount(count),
          age: formatCount(byAge),
          count: formatCount(byCount),
        });

function keptWord(by: KeptBy): string {
  const words: Record<KeptBy, string> = {
    under_way: t('not over'),
    pin: t('pinned'),
    rerun: t('being run again'),
    run_set: t('part of a backfill that goes on'),
    trigger: t('wanted by a trigger'),
    last_good: t('the last good run of its pipeline'),
    model: t('a registered model was made by it'),
    reuse: t('a kept run took its work over'),
  };
  return words[by];
}
