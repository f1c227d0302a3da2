/** The coming times of a schedule, by the clock on the wall of its own time zone. */
import { formatInstant } from '../../ui/format.ts';
import { Ago } from '../../ui/Time.tsx';
import { locale } from '../../words/index.ts';
import styles from './TriggersPage.module.css';

export const ownTimeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

/** How an instant is shown by the clock of a time zone: near ones with their weekday, others with their year, or as a day alone. */
export function inZone(timeZone: string, how: 'near' | 'year' | 'day' = 'near'): (iso: string) => string {
  const options: Intl.DateTimeFormatOptions = {
    day: 'numeric',
    month: 'short',
    ...(how === 'near' ? { weekday: 'short' } : { year: 'numeric' }),
    ...(how === 'day' ? {} : { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
  };
  const make = (more: Intl.DateTimeFormatOptions) => {
    try {
      return new Intl.DateTimeFormat(locale(), { ...options, ...more, timeZone });
    } catch {
      return new Intl.DateTimeFormat(locale(), { ...options, ...more }); // a zone that this browser does not know
    }
  };
  const [minutes, seconds] = [make({}), make(how === 'day' ? {} : { second: '2-digit' })];
  return (iso) => (iso.slice(17, 19) === '00' ? minutes : seconds).format(new Date(iso));
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
