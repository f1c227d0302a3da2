/** The frame of a field that is more than one control. */
import type { ReactNode } from 'react';
import styles from './form.module.css';
import { type Path, useForm } from './formContext.tsx';

/** A label, its small menu, a body that is not one field, and what is wrong. */
export function Framed(props: {
  label: string;
  end: ReactNode;
  path: Path;
  hint?: string | undefined;
  children: ReactNode;
}) {
  const form = useForm();
  const mistake = form.mistake(props.path);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out like a field
    <div className={styles.stack} role="group" aria-label={props.label} data-field={props.path.join('.')}>
      <div className={styles.label}>
        {props.label}
        {props.end && <span className={styles.labelEnd}>{props.end}</span>}
      </div>
      {props.children}
      {props.hint && !mistake && <span className={styles.hint}>{props.hint}</span>}
      {mistake && (
        <span className={styles.mistake} role="alert">
          {mistake}
        </span>
      )}
    </div>
  );
}
