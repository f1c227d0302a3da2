/** Tags with their values: shown, taken away and added. Those that MLflow's own programs keep for themselves stay hidden. */
import { useState } from 'react';
import { problemOf } from '../../api/call.ts';
import { Button, IconButton } from '../../ui/Button.tsx';
import { NamedValues } from '../../ui/NamedValues.tsx';
import { toast } from '../../ui/overlays.tsx';
import { TextField } from '../../ui/textFields.tsx';
import { t } from '../../words/index.ts';
import styles from './TagEditor.module.css';

export interface TagChange {
  set?: Record<string, string>;
  remove?: string[];
}

export function TagEditor(props: {
  tags: Readonly<Record<string, string>>;
  mayEdit: boolean;
  /** Rejects when it did not come about; that is told here. */
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
  const takeAway = (key: string) => (
    <IconButton
      icon="close"
      small
      label={t('Take away the tag {key}', { key })}
      onPress={() => void change({ remove: [key] })}
    />
  );
  return (
    <>
      {tags.length > 0 && (
        <NamedValues
          caption={t('Tags')}
          rows={tags.map(([key, value]) => ({ key, value, ...(props.mayEdit && { action: takeAway(key) }) }))}
        />
      )}
      {tags.length === 0 && !props.mayEdit && <p className={styles.none}>{t('It has no tags.')}</p>}
      {props.mayEdit && (
        <form
          className={styles.new}
          onSubmit={(event) => {
            event.preventDefault();
            void add();
          }}
        >
          <TextField label={t('New tag')} value={tag.key} onChange={(key) => setTag({ ...tag, key })} maxLength={250} />
          <TextField label={t('Its value')} value={tag.value} onChange={(value) => setTag({ ...tag, value })} />
          <Button type="submit" small isDisabled={!tag.key}>
            {t('Add')}
          </Button>
        </form>
      )}
    </>
  );
}
