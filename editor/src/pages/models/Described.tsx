/** What people write on a model or a version: its description, and tags with their values. */
import { useState } from 'react';
import { problemOf } from '../../api/call.ts';
import { useSending } from '../../api/useSending.ts';
import { Button, IconButton } from '../../ui/Button.tsx';
import { ProblemNotice } from '../../ui/notices.tsx';
import { toast } from '../../ui/overlays.tsx';
import { TextField } from '../../ui/textFields.tsx';
import { t } from '../../words/index.ts';
import styles from './Models.module.css';
import { Section } from './Section.tsx';

export interface TagChange {
  set?: Record<string, string>;
  remove?: string[];
}

export function Description(props: { text: string; mayEdit: boolean; onSave: (text: string) => Promise<unknown> }) {
  const [draft, setDraft] = useState<string | null>(null);
  const form = useSending(async () => {
    await props.onSave(draft ?? '');
    setDraft(null);
  });
  return (
    <Section
      title={t('Description')}
      actions={
        props.mayEdit &&
        draft === null && (
          <Button small icon="edit" onPress={() => setDraft(props.text)}>
            {t('Edit the description')}
          </Button>
        )
      }
    >
      {draft !== null ? (
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            form.submit();
          }}
        >
          {form.problem && <ProblemNotice problem={form.problem} />}
          <TextField label={t('Description')} hideLabel lines={5} autoFocus value={draft} onChange={setDraft} />
          <div className={styles.row}>
            <Button type="submit" small tone="primary" isPending={form.busy}>
              {t('Save the description')}
            </Button>
            <Button small onPress={() => setDraft(null)}>
              {t('Cancel')}
            </Button>
          </div>
        </form>
      ) : (
        <p className={props.text ? styles.text : styles.muted}>{props.text || t('Nobody described it yet.')}</p>
      )}
    </Section>
  );
}

export function Tags(props: {
  tags: Readonly<Record<string, string>>;
  mayEdit: boolean;
  onChange: (change: TagChange) => Promise<unknown>;
}) {
  const [tag, setTag] = useState({ key: '', value: '' });
  const tags = Object.entries(props.tags).filter(([key]) => !key.startsWith('mlflow.'));
  const change = async (to: TagChange) => {
    try {
      await props.onChange(to);
      return true;
    } catch (error) {
      toast(problemOf(error).message, 'failed');
      return false;
    }
  };
  const add = async () => {
    if (tag.key && (await change({ set: { [tag.key]: tag.value } }))) setTag({ key: '', value: '' });
  };
  return (
    <Section title={t('Tags')}>
      {tags.length > 0 && (
        <table className={styles.facts}>
          <caption className="visually-hidden">{t('Tags')}</caption>
          <tbody>
            {tags.map(([key, value]) => (
              <tr key={key}>
                <th scope="row">{key}</th>
                <td>{value}</td>
                {props.mayEdit && (
                  <td>
                    <IconButton
                      icon="close"
                      small
                      label={t('Take away the tag {key}', { key })}
                      onPress={() => void change({ remove: [key] })}
                    />
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {tags.length === 0 && !props.mayEdit && <p className={styles.muted}>{t('It has no tags.')}</p>}
      {props.mayEdit && (
        <form
          className={styles.row}
          onSubmit={(event) => {
            event.preventDefault();
            void add();
          }}
        >
          <TextField label={t('New tag')} value={tag.key} onChange={(key) => setTag({ ...tag, key })} maxLength={250} />
          <TextField label={t('Its value')} value={tag.value} onChange={(value) => setTag({ ...tag, value })} />
          <Button type="submit" isDisabled={!tag.key}>
            {t('Add')}
          </Button>
        </form>
      )}
    </Section>
  );
}
