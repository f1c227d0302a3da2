/** A text to be carried elsewhere: an address, or a key that cannot be asked for again. */
import { useState } from 'react';
import { t } from '../words/index.ts';
import { Button } from './Button.tsx';
import styles from './CopyText.module.css';
import { Notice } from './notices.tsx';

export function CopyText(props: { label: string; text: string; small?: boolean }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(props.text);
      setCopied(true);
    } catch {
      setCopied(false); // no clipboard here; the text is selected by a click
    }
  };
  return (
    <div className={styles.copy} data-small={props.small ? '' : undefined}>
      <code role="note" aria-label={props.label} data-testid="copy-text">
        {props.text}
      </code>
      <Button
        icon={copied ? 'check' : 'copy'}
        aria-label={copied ? t('Copied: {what}', { what: props.label }) : t('Copy: {what}', { what: props.label })}
        onPress={() => void copy()}
        {...(props.small ? { small: true } : {})}
      >
        {copied ? t('Copied') : t('Copy')}
      </Button>
    </div>
  );
}

/** A text that cannot be asked for again, ready to be copied. */
export function ShownOnce(props: { label: string; text: string; warning: string }) {
  return (
    <>
      <Notice tone="warning">{props.warning}</Notice>
      <CopyText label={props.label} text={props.text} />
    </>
  );
}
