/** Whether a run that does another one again came to the same, and where it did not. */
import type { Reproduction } from '@drawloom/shared/api/comparison.ts';
import type { Run } from '@drawloom/shared/api/runs.ts';
import { routes } from '../../api/call.ts';
import { useCall } from '../../api/useCall.ts';
import { places } from '../../app/places.ts';
import { LinkButton } from '../../ui/Button.tsx';
import { Notice, ProblemNotice } from '../../ui/notices.tsx';
import { t } from '../../words/index.ts';
import styles from './ReproductionView.module.css';
import { useReloadOn } from './reloadOn.ts';

export function ReproductionView({ run, project }: { run: Run; project: string }) {
  const { data, problem, reload } = useCall(routes.getReproduction, { params: { run: run.id } });
  useReloadOn(run.status, reload);
  if (problem) return <ProblemNotice problem={problem} onRetry={reload} />;
  if (!data) return null;
  const parts = partsOf(data);
  return (
    <section className={styles.view} aria-label={t('Compared with the run it reproduces')}>
      <Notice tone={data.verdict === 'different' || data.verdict === 'failed' ? 'failed' : 'info'} role="status">
        {sentence(data)}{' '}
        <LinkButton tone="quiet" small icon="history" href={places.run(project, data.of)}>
          {t('Run {n}', { n: data.of })}
        </LinkButton>
      </Notice>
      {parts.length > 0 && (
        <table className={styles.parts}>
          <caption>{t('What did not come out the same')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('Node')}</th>
              <th scope="col">{t('What')}</th>
              <th scope="col">{t('Verdict')}</th>
              <th scope="col">{t('Difference')}</th>
            </tr>
          </thead>
          <tbody>
            {parts.map((part) => (
              <tr key={part.key}>
                <th scope="row">{part.name}</th>
                <td>{part.what}</td>
                <td>{word(part.verdict)}</td>
                <td>{part.difference}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

type Sameness = Reproduction['artifacts'][number]['verdict'];

function partsOf({ artifacts, numbers }: Reproduction) {
  const change = (before: string | null, now: string | null) => `${before ?? '–'} → ${now ?? '–'}`;
  return [
    ...artifacts.map(({ node, name, port, position, verdict, differences }) => ({
      key: `${node} ${port} ${position}`,
      name,
      what: position > 0 ? `${port} ${position + 1}` : port,
      verdict,
      difference: differences
        .map(({ what, before, now }) =>
          before === null && now === null ? what : t('{what}: {change}', { what, change: change(before, now) }),
        )
        .join('; '),
    })),
    ...numbers.map(({ node, name, key, verdict, before, now }) => ({
      key: `${node} number ${key}`,
      name,
      what: key,
      verdict,
      difference: change(before, now),
    })),
  ].filter(({ verdict }) => verdict !== 'identical' && verdict !== 'pending');
}

function sentence({ verdict, artifacts, numbers }: Reproduction): string {
  switch (verdict) {
    case 'identical':
      return numbers.length === 0
        ? t('It came to the same: {n, plural, one {its artifact is} other {all # artifacts are}} identical.', {
            n: artifacts.length,
          })
        : t('It came to the same: all artifacts ({artifacts}) and numbers ({numbers}) are identical.', {
            artifacts: artifacts.length,
            numbers: numbers.length,
          });
    case 'different':
      return t('It did not come to the same.');
    case 'failed':
      return t('It did not end well, so that not everything was made again.');
    case 'pending':
      return t('What it makes is compared with the run that it reproduces.');
    case 'forgotten':
      return t('The run that it reproduces was forgotten, and there is nothing to compare with.');
  }
}

function word(verdict: Sameness): string {
  switch (verdict) {
    case 'identical':
      return t('identical');
    case 'different':
      return t('different');
    case 'missing':
      return t('missing');
    case 'new':
      return t('new');
    case 'pending':
      return t('not there yet');
  }
}
