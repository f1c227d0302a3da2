/** One approval: what is asked, by which run, who said what, and for whoever may the form to answer it. */
import type { Approval, Verdict } from '@drawloom/shared/api/approvals.ts';
import type { Json } from '@drawloom/shared/json.ts';
import { bindPipeline } from '@drawloom/shared/pipeline/checks.ts';
import { inOrder } from '@drawloom/shared/pipeline/document.ts';
import { type ReactNode, useState } from 'react';
import { approvalsChanged } from '../../api/approvals.ts';
import { call, type ProblemError, problemOf, routes } from '../../api/call.ts';
import { places } from '../../app/places.ts';
import { ParameterValue } from '../../inspector/ParameterEditor.tsx';
import { Button, LinkButton } from '../../ui/Button.tsx';
import { TextField } from '../../ui/fields.tsx';
import { formatInstant } from '../../ui/format.ts';
import { ProblemNotice } from '../../ui/notices.tsx';
import { Ago } from '../../ui/Time.tsx';
import { t } from '../../words/index.ts';
import { roleName } from '../settings/access.ts';
import styles from './Approvals.module.css';
import { PromotionAsked } from './PromotionAsked.tsx';

export function ApprovalCard(props: {
  approval: Approval;
  project: string;
  /** Where the run or the version is shown already, its link is left out. */
  linked: boolean;
  onAnswered: (approval: Approval) => void;
}) {
  const { approval, project } = props;
  const { run, answers } = approval;
  return (
    <article className={styles.card} aria-label={approval.title} data-testid={`approval-${approval.id}`}>
      <header className={styles.head}>
        <h3>{approval.title}</h3>
        <span className={styles.state} data-status={approval.status}>
          {stateWord(approval)}
        </span>
      </header>
      {approval.text && <p className={styles.text}>{approval.text}</p>}
      <p className={styles.muted}>
        {t('Asked by {who}', { who: approval.askedBy.name })} <Ago at={approval.askedAt} />
        {' · '}
        {whomWords(approval)}
        {approval.expiresAt && approval.status === 'open' && (
          <>
            {' · '}
            {expiryWords(approval)}
          </>
        )}
      </p>
      {props.linked && run && (
        <div className={styles.links}>
          <LinkButton small icon="runs" href={places.run(project, run.id, run.node)}>
            {t('“{node}” of run {n}, {pipeline}', { node: run.name, n: run.id, pipeline: run.pipeline.name })}
          </LinkButton>
          <LinkButton small icon="table" href={`${places.run(project, run.id, run.node)}&tab=inputs`}>
            {t('What is shown')}
          </LinkButton>
        </div>
      )}
      {approval.promotion && <PromotionAsked project={project} promotion={approval.promotion} linked={props.linked} />}
      {answers.length > 0 && (
        <ul className={styles.answers} aria-label={t('Answers')}>
          {answers.map((answer) => (
            <li key={answer.person.id}>
              <strong>{answer.person.name}</strong> {answer.verdict === 'approve' ? t('approved') : t('rejected')}{' '}
              <Ago at={answer.at} />
              {answer.comment && <p className={styles.text}>{answer.comment}</p>}
              {Object.keys(answer.values).length > 0 && (
                <p className={styles.muted}>
                  {inOrder(answer.values)
                    .map(([name, value]) => `${approval.form[name]?.title ?? name}: ${String(value)}`)
                    .join(' · ')}
                </p>
              )}
            </li>
          ))}
        </ul>
      )}
      {approval.mayAnswer ? (
        <AnswerForm approval={approval} onAnswered={props.onAnswered} />
      ) : (
        approval.whyNot && <p className={styles.muted}>{approval.whyNot}</p>
      )}
    </article>
  );
}

function AnswerForm({ approval, onAnswered }: { approval: Approval; onAnswered: (approval: Approval) => void }) {
  const before = approval.answers.findLast(({ verdict }) => verdict === 'approve')?.values ?? {};
  const [values, setValues] = useState<Record<string, Json>>(before);
  const [comment, setComment] = useState('');
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState<Verdict | null>(null);
  const [problem, setProblem] = useState<ProblemError | null>(null);
  const bound = bindPipeline(approval.form, values);
  const mistakes = new Map<string, string>(
    'problems' in bound
      ? bound.problems.map((one) => [
          one.at.split('/')[2] ?? '',
          one.code === 'parameter_missing'
            ? t('Give it a value.')
            : one.message.replace('The parameter', t('The field')),
        ])
      : [],
  );
  const answer = async (verdict: Verdict) => {
    setAsked(true);
    if (verdict === 'approve' && mistakes.size > 0) return;
    setBusy(verdict);
    setProblem(null);
    try {
      const body = { verdict, comment, values: verdict === 'approve' ? (values as Record<string, string>) : {} };
      onAnswered(await call(routes.answerApproval, { params: { approval: approval.id }, body }));
      approvalsChanged();
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(null);
    }
  };
  return (
    <form
      className={styles.form}
      aria-label={t('Your answer')}
      onSubmit={(event) => {
        event.preventDefault();
        void answer('approve');
      }}
    >
      {inOrder(approval.form).map(([name, field]) => (
        <ParameterValue
          key={name}
          parameter={field}
          label={field.title ?? name}
          {...(field.description ? { hint: field.description } : {})}
          isRequired={field.default === undefined}
          value={values[name] ?? field.default}
          mistake={asked || values[name] !== undefined ? (mistakes.get(name) ?? null) : null}
          onChange={(value) =>
            setValues((now) => {
              const { [name]: _, ...rest } = now;
              return value === undefined ? rest : { ...rest, [name]: value };
            })
          }
        />
      ))}
      <TextField label={t('Comment')} lines={2} value={comment} onChange={setComment} />
      {problem && <ProblemNotice problem={problem} />}
      <div className={styles.buttons}>
        <Button type="submit" tone="primary" icon="check" isPending={busy === 'approve'} data-testid="approve">
          {t('Approve')}
        </Button>
        <Button
          tone="danger"
          icon="close"
          isPending={busy === 'reject'}
          onPress={() => void answer('reject')}
          data-testid="reject"
        >
          {t('Reject')}
        </Button>
      </div>
    </form>
  );
}

export function stateWord({ status, byExpiry, needed, answers }: Approval): ReactNode {
  const approved = answers.filter(({ verdict }) => verdict === 'approve').length;
  switch (status) {
    case 'open':
      return t('{n} of {needed} approved', { n: approved, needed });
    case 'approved':
      return byExpiry ? t('Approved, for nobody answered in time') : t('Approved');
    case 'rejected':
      return byExpiry ? t('Rejected, for nobody answered in time') : t('Rejected');
    case 'expired':
      return t('Nobody answered in time');
    case 'withdrawn':
      return t('Not asked any more');
  }
}

function whomWords({ kind, roles, people, ownAllowed }: Approval): string {
  const whom = [...roles.map(roleName), ...people.map(({ name }) => name)];
  const words = whom.length > 0 ? t('Asks {whom}', { whom: whom.join(', ') }) : t('Asks everybody who may answer');
  if (ownAllowed) return words;
  return kind === 'promotion'
    ? t('{whom}, but not who asked', { whom: words })
    : t('{whom}, but not who started it', { whom: words });
}

function expiryWords({ expiresAt, onExpiry }: Approval): string {
  const at = formatInstant(expiresAt!);
  switch (onExpiry) {
    case 'fail':
      return t('until {at}, else it fails', { at });
    case 'reject':
      return t('until {at}, else it is rejected', { at });
    case 'approve':
      return t('until {at}, else it is approved', { at });
  }
}
