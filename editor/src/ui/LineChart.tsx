/**
 * Lines over one axis. Pointing at it, or the arrow keys, choose a place on the axis, at which the value of every line is told; the
 * place may belong to several charts, which then point at it together.
 */
import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react';
import { t } from '../words/index.ts';
import { formatNumber } from './format.ts';
import styles from './LineChart.module.css';

export interface ChartLine {
  id: string;
  name: string;
  colour: string;
  /** One for each place on the axis; null where it has none. */
  values: readonly (number | null)[];
}

const [width, height, left, bottom] = [960, 320, 70, 24];

/** Far apart in hue for neighbours, readable on light and dark. */
export const colourOf = (place: number): string => `hsl(${(200 + place * 137.5) % 360} 62% 48%)`;

export function LineChart(props: {
  label: string;
  /** Ascending. */
  axis: readonly number[];
  lines: readonly ChartLine[];
  /** A logarithmic scale: what is not above 0 must be null. */
  log?: boolean;
  /** What stands for a place on the axis. */
  axisText?: (place: number) => string;
  /** The place that is pointed at, where several charts share it. */
  at?: number | null;
  onAt?: (place: number | null) => void;
}) {
  const { axis, lines, axisText = formatNumber } = props;
  const [own, setOwn] = useState<number | null>(null);
  const at = props.onAt ? (props.at ?? null) : own;
  const point = props.onAt ?? setOwn;
  const box = useRef<SVGSVGElement>(null);
  const scaled = (value: number) => (props.log ? Math.log10(value) : value);
  const values = lines.flatMap((line) => line.values.filter((value) => value !== null));
  if (values.length === 0) return <p>{t('There is nothing to draw.')}</p>;
  const [low, high] = values.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  const [first, last] = [axis[0]!, axis.at(-1)!];
  const x = (place: number) =>
    axis.length === 1 ? (left + width) / 2 : left + ((place - first) / (last - first)) * (width - left - 8);
  const y = (value: number) =>
    8 + (1 - (scaled(value) - scaled(low)) / (scaled(high) - scaled(low) || 1)) * (height - bottom - 16);
  const marks = [
    ...new Set([0, 0.25, 0.5, 0.75, 1].map((share) => scaled(low) + share * (scaled(high) - scaled(low)))),
  ].map((place) => (props.log ? 10 ** place : place));
  const shown = at === null ? -1 : nearest(axis, at);

  const aim = (event: PointerEvent) => {
    const bounds = box.current?.getBoundingClientRect();
    if (!bounds || bounds.width === 0) return;
    const share = (((event.clientX - bounds.left) / bounds.width) * width - left) / (width - left - 8);
    point(axis[nearest(axis, first + share * (last - first))]!);
  };
  const walk = (event: KeyboardEvent) => {
    const here = shown < 0 ? -1 : shown;
    const next = {
      ArrowRight: Math.min(axis.length - 1, here + 1),
      ArrowLeft: Math.max(0, here - 1),
      Home: 0,
      End: axis.length - 1,
    }[event.key];
    if (event.key === 'Escape') return point(null);
    if (next === undefined) return;
    event.preventDefault();
    point(axis[next]!);
  };
  return (
    <figure className={styles.figure}>
      <svg
        ref={box}
        className={styles.chart}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={props.label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys read the picture out place by place
        tabIndex={0}
        data-testid="curves"
        onPointerMove={aim}
        onPointerLeave={() => point(null)}
        onKeyDown={walk}
      >
        {marks.map((mark) => (
          <g key={mark}>
            <line x1={left} x2={width - 8} y1={y(mark)} y2={y(mark)} className={styles.grid} />
            <text x={left - 8} y={y(mark) + 4} textAnchor="end" className={styles.mark}>
              {formatNumber(mark)}
            </text>
          </g>
        ))}
        <text x={x(first)} y={height - 6} className={styles.mark}>
          {axisText(first)}
        </text>
        {last !== first && (
          <text x={x(last)} y={height - 6} textAnchor="end" className={styles.mark}>
            {axisText(last)}
          </text>
        )}
        {shown >= 0 && (
          <line
            x1={x(axis[shown]!)}
            x2={x(axis[shown]!)}
            y1={8}
            y2={height - bottom - 8}
            className={styles.here}
            data-testid="chart-place"
          />
        )}
        {lines.map((line) => {
          const points = line.values.flatMap((value, place) =>
            value === null ? [] : [[x(axis[place]!), y(value)] as const],
          );
          return (
            <g key={line.id} stroke={line.colour} fill={line.colour}>
              <polyline points={points.map((one) => one.join(',')).join(' ')} fill="none" strokeWidth={1.5} />
              {points.length < 30 &&
                points.map(([cx, cy]) => <circle key={cx} cx={cx} cy={cy} r={2.5} stroke="none" />)}
            </g>
          );
        })}
      </svg>
      <figcaption className={styles.legend}>
        <output className={styles.place}>{shown < 0 ? '' : axisText(axis[shown]!)}</output>
        {lines.map((line) => {
          const value = shown < 0 ? undefined : line.values[shown];
          return (
            <span key={line.id} className={styles.line}>
              <span className={styles.swatch} style={{ background: line.colour }} />
              {line.name}
              {value !== undefined && value !== null && <b className="tabular">{formatNumber(value)}</b>}
            </span>
          );
        })}
      </figcaption>
    </figure>
  );
}

/** Where in an ascending list the value lies that is nearest to one. */
function nearest(axis: readonly number[], place: number): number {
  let [from, to] = [0, axis.length - 1];
  while (to - from > 1) {
    const middle = (from + to) >> 1;
    if (axis[middle]! <= place) from = middle;
    else to = middle;
  }
  return Math.abs(axis[to]! - place) < Math.abs(axis[from]! - place) ? to : from;
}
