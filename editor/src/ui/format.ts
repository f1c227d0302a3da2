/** Decides how quantities are written for people: times, lengths of time, sizes, counts. The reader's locale decides the rest. */
import { locale, t } from '../words/index.ts';

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
const counts = once(() => new Intl.NumberFormat(locale()));
const compact = once(() => new Intl.NumberFormat(locale(), { notation: 'compact', maximumFractionDigits: 1 }));
const changes = once(() => new Intl.NumberFormat(locale(), { signDisplay: 'exceptZero' }));
const numbers = once(() => new Intl.NumberFormat(locale(), { maximumSignificantDigits: 6 }));
const oneDigit = once(() => new Intl.NumberFormat(locale(), { maximumFractionDigits: 1 }));
const stamps = once(() => new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'medium' }));
const days = once(() => new Intl.DateTimeFormat(locale(), { dateStyle: 'medium' }));
const clocks = once(() => new Intl.DateTimeFormat(locale(), { timeStyle: 'medium' }));
const relative = once(() => new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' }));

/** 336,776 */
export const formatCount = (n: number): string => counts().format(n);
/** 336.8K, where the place is narrow */
export const formatCompact = (n: number): string => compact().format(n);
/** +1,204 or -12: with its sign unless it is 0. */
export const formatChange = (n: number): string => changes().format(n);
/** A number as data: six significant digits. */
export const formatNumber = (n: number): string => numbers().format(n);

/** 0.4 s · 12 s · 3 m 12 s · 2 h 05 m; null and negative lengths are "–" */
export function formatDuration(ms: number | null): string {
  if (ms === null || ms < 0 || Number.isNaN(ms)) return '–';
  if (ms < 1) return t('< 1 ms');
  if (ms < 1000) return t('{n} ms', { n: Math.round(ms) });
  if (ms < 9950) return t('{n} s', { n: oneDigit().format(ms / 1000) });
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return t('{n} s', { n: seconds });
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return t('{m} m {s} s', { m: minutes, s: String(seconds % 60).padStart(2, '0') });
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return t('{h} h {m} m', { h: hours, m: String(minutes % 60).padStart(2, '0') });
  return t('{d} d {h} h', { d: Math.floor(hours / 24), h: hours % 24 });
}

/** Between two instants as the API writes them; an end that is missing is now. */
export function between(from: string | null, to: string | null, now: number): number | null {
  if (!from) return null;
  return (to ? Date.parse(to) : now) - Date.parse(from);
}

/** 512 B · 3.4 kB · 12 MB: powers of 1,000, as disks are sold */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : oneDigit().format(value)} ${units[unit]}`;
}

export const formatInstant = (iso: string): string => stamps().format(new Date(iso));
export const formatDay = (iso: string): string => days().format(new Date(iso));
export const formatClock = (iso: string): string => clocks().format(new Date(iso));

/** "2 minutes ago", "in 3 hours", the date beyond a month */
export function formatRelative(iso: string, now: number = Date.now()): string {
  const seconds = (Date.parse(iso) - now) / 1000;
  const size = Math.abs(seconds);
  if (size < 5) return t('just now');
  if (size < 60) return relative().format(Math.round(seconds), 'second');
  if (size < 3600) return relative().format(Math.round(seconds / 60), 'minute');
  if (size < 86_400) return relative().format(Math.round(seconds / 3600), 'hour');
  if (size < 30 * 86_400) return relative().format(Math.round(seconds / 86_400), 'day');
  return days().format(new Date(iso));
}
