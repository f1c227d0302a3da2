/** In place of a page whose thing could not be had: it is not there, it is not for this person, or no answer came. */
import type { ProblemError } from '../api/call.ts';
import { Button, LinkButton } from '../ui/Button.tsx';
import type { IconName } from '../ui/Icon.tsx';
import { EmptyState, ProblemNotice } from '../ui/notices.tsx';
import { t } from '../words/index.ts';

export function PageProblem(props: {
  problem: ProblemError;
  icon: IconName;
  /** What is said of something that is not there. */
  missing: string;
  /** Where to go on instead. */
  back: { href: string; text: string };
  onRetry?: () => void;
}) {
  const { problem, back } = props;
  // what was asked for cannot be: asking again gives the same answer
  const isGone = [400, 403, 404, 410, 422].includes(problem.status);
  if (!isGone) return <ProblemNotice problem={problem} onRetry={props.onRetry} />;
  return (
    <EmptyState
      icon={problem.status === 403 ? 'lock' : props.icon}
      title={problem.status === 403 ? t('This is not yours to see') : props.missing}
      actions={
        <>
          <LinkButton tone="primary" href={back.href}>
            {back.text}
          </LinkButton>
          {props.onRetry && (
            <Button icon="refresh" onPress={props.onRetry}>
              {t('Look again')}
            </Button>
          )}
        </>
      }
    >
      {problem.status === 403
        ? problem.message
        : t('It may have been removed, or belong to a project that you have no role in.')}
    </EmptyState>
  );
}
