/** Which tags a worker must have to carry a node out. */
import { Tag } from '@drawloom/shared/pipeline/document.ts';
import { useState } from 'react';
import { TextField } from '../ui/textFields.tsx';
import { t } from '../words/index.ts';

export function TagsForm(props: {
  needs: readonly string[];
  /** Those that workers have now. */
  known: readonly string[];
  /** Those that a worker ever had: a run that needs another one is refused. Null until that is known. */
  ever: readonly string[] | null;
  readOnly: boolean;
  onChange: (needs: string[] | undefined) => void;
}) {
  const { needs, known, ever, readOnly, onChange } = props;
  const [text, setText] = useState(needs.join(', '));
  const tags = tagsIn(text);
  const wrong = tags.find((tag) => !Tag.safeParse(tag).success);
  const missing = tags.filter((tag) => !known.includes(tag));
  const never = ever === null ? [] : missing.filter((tag) => !ever.includes(tag));
  return (
    <TextField
      label={t('Needs a worker with')}
      placeholder={t('nothing special')}
      isReadOnly={readOnly}
      value={tagsIn(text).join() === needs.join() || wrong !== undefined ? text : needs.join(', ')}
      hint={
        never.length > 0 && wrong === undefined
          ? t('No worker ever had {tags}; a run is refused until one has.', { tags: never.join(', ') })
          : missing.length > 0 && wrong === undefined
            ? t('No worker has {tags} now; it will wait for one.', { tags: missing.join(', ') })
            : t('Tags with commas between them, such as gpu. A worker has those of its DRAWLOOM_TAGS.')
      }
      mistake={
        wrong === undefined
          ? tags.length > 10
            ? t('Ten tags at most.')
            : null
          : t('“{tag}” is no tag: small letters, digits, _, . and -, a letter first.', { tag: wrong })
      }
      onChange={(next) => {
        setText(next);
        const read = tagsIn(next);
        if (read.length <= 10 && read.every((tag) => Tag.safeParse(tag).success))
          onChange(read.length > 0 ? read : undefined);
      }}
    />
  );
}

const tagsIn = (text: string): string[] => [
  ...new Set(
    text
      .split(',')
      .map((tag) => tag.trim())
      .filter(Boolean),
  ),
];
