/** Takes a search in the language of MLflow, and offers what may follow: names of the experiment, comparisons, AND. */
import { complete, type Names } from '@drawloom/shared/tracking/complete.ts';
import { type KeyboardEvent, useEffect, useId, useState } from 'react';
import { Icon } from '../../ui/Icon.tsx';
import { t } from '../../words/index.ts';
import styles from './Experiments.module.css';

export function FilterBox(props: {
  value: string;
  names: Names;
  onSearch: (text: string) => void;
  mistake?: string | undefined;
}) {
  const [text, setText] = useState(props.value);
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const id = useId();
  useEffect(() => setText(props.value), [props.value]);
  const { from, choices } = open ? complete(text, props.names) : { from: 0, choices: [] };
  const take = (choice: string) => {
    setText(`${text.slice(0, from)}${choice}${choice.endsWith(' ') ? '' : ' '}`);
    setAt(-1);
  };
  const search = () => {
    setOpen(false);
    props.onSearch(text.trim());
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (!open) setOpen(true);
      else if (choices.length > 0)
        setAt((at + (event.key === 'ArrowDown' ? 1 : choices.length + (at < 0 ? 0 : -1))) % choices.length);
      event.preventDefault();
    } else if (event.key === 'Enter') {
      const chosen = open ? choices[at] : undefined;
      if (chosen === undefined) search();
      else take(chosen);
      event.preventDefault();
    } else if (event.key === 'Escape' && open) {
      setOpen(false);
      setAt(-1);
      event.stopPropagation();
    }
  };
  return (
    <div className={styles.filter}>
      <span className={styles.filterIcon}>
        <Icon name="search" size={14} />
      </span>
      <input
        role="combobox"
        aria-label={t('Search runs')}
        aria-expanded={choices.length > 0}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={choices[at] === undefined ? undefined : `${id}-${at}`}
        aria-invalid={props.mistake ? true : undefined}
        aria-describedby={props.mistake ? `${id}-mistake` : undefined}
        placeholder={t("metrics.loss < 0.1 AND params.model = 'tree'")}
        value={text}
        spellCheck={false}
        autoComplete="off"
        data-testid="run-filter"
        onChange={(event) => {
          setText(event.target.value);
          setOpen(true);
          setAt(-1);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={press}
      />
      {choices.length > 0 && (
        <div role="listbox" id={`${id}-list`} aria-label={t('What may follow')} className={styles.choices}>
          {choices.map((choice, index) => (
            // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus and names the chosen one
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field hears the keys
            <div
              key={choice}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === at}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => take(choice)}
            >
              {choice}
            </div>
          ))}
        </div>
      )}
      {props.mistake && (
        <p className={styles.mistake} id={`${id}-mistake`} role="alert">
          {props.mistake}
        </p>
      )}
    </div>
  );
}
