/** What a promotion asks for: which version gets which name, and the numbers that its gates were judged by. */
import type { JudgedGate, Promotion } from '@drawloom/shared/api/models.ts';
import { Link } from '@tanstack/react-router';
import { formatNumber } from '../../ui/format.ts';
import { Icon } from '../../ui/Icon.tsx';
import { t } from '../../words/index.ts';
import styles from './Approvals.module.css';

export function PromotionAsked(props: { project: string; promotion: Promotion; linked: boolean }) {
  const { project, promotion } = props;
  const { model, version, gates, archive, stage } = promotion;
  return (
    <>
      {props.linked && (
        <p className={styles.text}>
          <Link to="/p/$project/models/$model/$version" params={{ project, model, version: String(version) }}>
            {t('{model}, version {n}', { model, n: version })}
          </Link>
        </p>
      )}
      {archive && (
        <p className={styles.muted}>{t('What else is in {stage} goes to the archive.', { stage: stage ?? '' })}</p>
      )}
      {gates.length > 0 && (
        <ul className={styles.answers} aria-label={t('Gates')}>
          {gates.map((gate) => (
            <li key={`${gate.metric} ${gate.is} ${gate.than} ${gate.limit}`}>
              <Icon name="check" size={14} /> {gateWords(gate)}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function gateWords({ metric, is, than, version, limit, measured }: JudgedGate): string {
  const value = typeof measured === 'number' ? formatNumber(measured) : '–';
  if (than !== null && version === null)
    return t('{metric} is {value}; @{alias} named no version to compare with', { metric, value, alias: than });
  const bound = limit === null ? '–' : formatNumber(limit);
  const words =
    is === 'at least'
      ? t('{metric} is {value}, at least {bound}', { metric, value, bound })
      : t('{metric} is {value}, at most {bound}', { metric, value, bound });
  return than === null ? words : t('{words} (beside version {n}, @{alias})', { words, n: version ?? 0, alias: than });
}
