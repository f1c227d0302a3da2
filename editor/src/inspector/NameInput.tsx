/** A name to change in place. What is typed counts at once, without the blanks at its ends; an empty name is not taken. */
import { useState } from 'react';
import styles from './Inspector.module.css';

export function NameInput(props: { label: string; name: string; readOnly: boolean; onChange: (name: string) => void }) {
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <input
      className={styles.name}
      aria-label={props.label}
      value={typed ?? props.name}
      readOnly={props.readOnly}
      maxLength={200}
      onChange={(event) => {
        setTyped(event.target.value);
        const name = event.target.value.trim();
        if (name) props.onChange(name);
      }}
      onBlur={() => setTyped(null)}
    />
  );
}
