/** Text as it is. */
import styles from './ArtifactView.module.css';

export function PlainText({ text }: { text: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
    <pre className={styles.text} tabIndex={0}>
      {text}
    </pre>
  );
}
