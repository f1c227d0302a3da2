/** A field for what no form can be made of: JSON as text, taken over whenever it is whole. */
import type { Json } from '@drawloom/shared/json.ts';
import { type ReactNode, useState } from 'react';
import { TextField } from '../ui/fields.tsx';
import { t } from '../words/index.ts';

export function JsonField(props: {
  label: string;
  labelEnd: ReactNode;
  hint?: ReactNode;
  mistake: string | null;
  isReadOnly: boolean;
  name: string;
  value: Json | undefined;
  fallback: Json | undefined;
  onChange: (value: Json | undefined) => void;
}) {
  const [typed, setTyped] = useState<string | null>(null);
  const [wrong, setWrong] = useState(false);
  const { value, fallback, onChange, ...rest } = props;
  return (
    <TextField
      {...rest}
      lines={3}
      mono
      value={typed ?? (value === undefined ? '' : JSON.stringify(value, null, 2))}
      placeholder={fallback === undefined ? 'null' : JSON.stringify(fallback)}
      mistake={wrong ? t('This is not JSON yet.') : props.mistake}
      onBlur={() => !wrong && setTyped(null)}
      onChange={(text) => {
        setTyped(text);
        try {
          onChange(text.trim() === '' ? undefined : (JSON.parse(text) as Json));
          setWrong(false);
        } catch {
          setWrong(true);
        }
      }}
    />
  );
}
