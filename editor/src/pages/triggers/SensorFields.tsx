/** What a sensor is: its language and code, and how often it is asked. */
import type { Problem } from '@drawloom/shared/problem.ts';
import { Sensor } from '@drawloom/shared/trigger/sensor.ts';
import { useMemo } from 'react';
import type { ProblemError } from '../../api/call.ts';
import { CodeEditor } from '../../inspector/CodeEditor.tsx';
import { Segmented } from '../../ui/Button.tsx';
import { NumberField } from '../../ui/fields.tsx';
import { t } from '../../words/index.ts';
import styles from './TriggersPage.module.css';

const templates: Record<Sensor['language'], string> = {
  python: `def look(*, cursor: str = "", files: list[dict]):
    new = [f for f in files if f["changedAt"] > cursor]
    return {
        "cursor": max([f["changedAt"] for f in new], default=cursor),
        "runs": [{"key": f["name"] + " " + f["changedAt"], "parameters": {}} for f in new],
    }
`,
  typescript: `interface SensedFile {
  name: string;
  sizeBytes: number;
  changedAt: string;
}

export default function look({ cursor = '', files }: { cursor?: string; files: SensedFile[] }): any {
  const fresh = files.filter((file) => file.changedAt > cursor);
  return {
    cursor: fresh.reduce((last, file) => (file.changedAt > last ? file.changedAt : last), cursor),
    runs: fresh.map((file) => ({ key: file.name + ' ' + file.changedAt, parameters: {} })),
  };
}
`,
};
export const newSensor: Sensor = Sensor.parse({ kind: 'sensor', code: templates.python });

export function SensorFields(props: { on: Sensor; onChange: (on: Sensor) => void; problem: ProblemError | null }) {
  const { on, onChange, problem } = props;
  const mistakeAt = (place: string) => (problem?.at.startsWith(`/on/${place}`) ? problem.message : null);
  const mistake = mistakeAt('code');
  const marked = useMemo(() => (problem?.problems ?? []).filter(({ at }: Problem) => at === '/on/code'), [problem]);
  return (
    <section className={styles.sensor} aria-label={t('Sensor')} data-code-exit="" tabIndex={-1}>
      <Segmented
        label={t('Language')}
        value={on.language}
        onChange={(language) =>
          onChange({ ...on, language, code: on.code === templates[on.language] ? templates[language] : on.code })
        }
        options={[
          { id: 'python', text: 'Python' },
          { id: 'typescript', text: 'TypeScript' },
        ]}
      />
      <CodeEditor
        key={on.language}
        id="sensor"
        language={on.language}
        code={on.code}
        readOnly={false}
        problems={marked}
        offered={{ tables: [], parameters: [] }}
        onChange={(code) => onChange({ ...on, code })}
      />
      {mistake && (
        <p className={styles.mistake} role="alert">
          {mistake}
        </p>
      )}
      <p className={styles.muted}>
        {t(
          'It is given the cursor of its last answer and the files of the data folder, and answers with a cursor and the runs that it wants, each with a key. One key starts one run.',
        )}
      </p>
      <div className={styles.pair}>
        <NumberField
          label={t('Asked every')}
          whole
          unit="s"
          minimum={5}
          value={on.everySeconds}
          onChange={(n) => onChange({ ...on, everySeconds: n ?? 60 })}
          mistake={mistakeAt('everySeconds')}
          hint={t('From the end of one ask to the next; longer after failures.')}
        />
        <NumberField
          label={t('One ask takes at most')}
          whole
          unit="s"
          minimum={1}
          value={on.timeoutSeconds}
          onChange={(n) => onChange({ ...on, timeoutSeconds: n ?? 60 })}
          mistake={mistakeAt('timeoutSeconds')}
        />
      </div>
    </section>
  );
}
