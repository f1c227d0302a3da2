/** The run that made a version, as a link: to the pipeline's run where it was one, else to the run in the memory of experiments. */
import type { ModelVersionSummary } from '@drawloom/shared/api/models.ts';
import { Link } from '@tanstack/react-router';
import { t } from '../../words/index.ts';

export function MadeBy({ project, version }: { project: string; version: ModelVersionSummary }) {
  const { run, trackedRun } = version;
  if (run)
    return (
      <Link
        to="/p/$project/runs/$run"
        params={{ project, run: String(run.id) }}
        search={run.node === null ? {} : { node: run.node }}
      >
        {t('Run {run}', { run: run.id })}
      </Link>
    );
  return trackedRun && <TrackedRunLink project={project} run={trackedRun} />;
}

export function TrackedRunLink(props: { project: string; run: NonNullable<ModelVersionSummary['trackedRun']> }) {
  const { id, experiment, name } = props.run;
  return (
    <Link to="/p/$project/experiments" params={{ project: props.project }} search={{ experiment, run: id }}>
      {name || id.slice(0, 8)}
    </Link>
  );
}
