/** What people write on a model or a version: its description, and tags with their values. */
import { type ComponentProps, useState } from 'react';
import { useSending } from '../../api/useSending.ts';
import { Button } from '../../ui/Button.tsx';
import { ProblemNotice } from '../../ui/notices.tsx';
import { TextField } from '../../ui/textFields.tsx';
import { t } from '../../words/index.ts';
import styles from './Models.module.css';
import { Section } from './Section.tsx';
import { TagEditor } from './TagEditor.tsx';

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

export function Tags(props: ComponentProps<typeof TagEditor>) {
  return (
    <Section title={t('Tags')}>
      <TagEditor {...props} />
    </Section>
  );
}
