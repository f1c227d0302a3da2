/** The movable names that lead to versions: aliases with their at-sign, as they are asked for, and stages. */
import type { ModelStage } from '@drawloom/shared/api/models.ts';
import { t } from '../../words/index.ts';
import styles from './Models.module.css';

export const stages: readonly ModelStage[] = ['None', 'Staging', 'Production', 'Archived'];

export function stageWord(stage: ModelStage): string {
  switch (stage) {
    case 'None':
      return t('No stage');
    case 'Staging':
      return t('Staging');
    case 'Production':
      return t('Production');
    case 'Archived':
      return t('Archived');
  }
}

/** `version` is left out where it is plain which one is meant. */
export interface Named {
  aliases: readonly { alias: string; version?: number }[];
  stages: readonly { stage: ModelStage; version?: number }[];
}

export function Names({ aliases, stages: held }: Named) {
  const shown = held.filter(({ stage }) => stage !== 'None');
  if (aliases.length + shown.length === 0) return null;
  return (
    <ul className={styles.names} aria-label={t('Aliases and stages')}>
      {aliases.map(({ alias, version }) => (
        <li key={`@${alias}`} className={styles.name}>
          @{alias}
          {version !== undefined && <span className={styles.of}>{t('v{n}', { n: version })}</span>}
        </li>
      ))}
      {shown.map(({ stage, version }) => (
        <li key={stage} className={styles.name} data-stage={stage}>
          {stageWord(stage)}
          {version !== undefined && <span className={styles.of}>{t('v{n}', { n: version })}</span>}
        </li>
      ))}
    </ul>
  );
}
