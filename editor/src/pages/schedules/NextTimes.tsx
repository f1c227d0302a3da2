/** The coming times of a schedule, by the clock on the wall of its own time zone. */
import { formatInstant } from '../../ui/format.ts';
import { Ago } from '../../ui/Time.tsx';
import { locale } from '../../words/index.ts';
import styles from './SchedulesPage.module.css';

export const ownTimeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

function inZone(timeZone: string): (iso: string) => string {
  const options: Intl.DateTimeFormatOptions = {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  };
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat(locale(), { ...options, timeZone });
  } catch {
    format = new Intl.DateTimeFormat(locale(), options); // a zone that this browser does not know
  }
  return (iso) => format.format(new Date(iso));
}

export function NextTimes({ times, timeZone }: { times: readonly string[]; timeZone: string }) {
  const format = inZone(timeZone);
  return (
    <ol className={styles.times}>
      {times.map((at, index) => (
        <li key={at}>
          <time dateTime={at} title={formatInstant(at)}>
            {format(at)}
          </time>
          {index === 0 && (
            <span className={styles.soon}>
              <Ago at={at} />
            </span>
          )}
        </li>
      ))}
    </ol>
  );
}
