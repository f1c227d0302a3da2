/** The icon set: strokes on a 16-pixel square, drawn in the colour of the text beside them. */
import { memo } from 'react';

const paths = {
  // moving about
  pipelines: 'M3 3.5h3.5v3.5H3zM9.5 9h3.5v3.5H9.5zM6.5 5.25h2.25c1.5 0 .5 5.5 2 5.5',
  runs: 'M5 3.2v9.6l7.5-4.8z',
  schedules: 'M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2zM8 4.8V8l2.2 1.6',
  lineage: 'M3.5 8a1.5 1.5 0 1 0 0-.01M12.5 4a1.5 1.5 0 1 0 0-.01M12.5 12a1.5 1.5 0 1 0 0-.01M5 7.6 11 4.6M5 8.5l6 3',
  settings: 'M2.5 4.5h6M12.5 4.5h1M2.5 11.5h1M7.5 11.5h6M10.5 2.9v3.2M5.5 9.9v3.2',
  // verbs
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  move: 'M8 2.5v11M2.5 8h11M6.3 4.2 8 2.5l1.7 1.7M6.3 11.8 8 13.5l1.7-1.7M4.2 6.3 2.5 8l1.7 1.7M11.8 6.3 13.5 8l-1.7 1.7',
  close: 'M4 4l8 8M12 4l-8 8',
  check: 'M3.2 8.6 6.4 11.8l6.4-7.4',
  search: 'M7 2.8a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 0 0 0-8.4zM10.2 10.2l3.2 3.2',
  undo: 'M5.5 3.5 3 6l2.5 2.5M3 6h6.2a3.3 3.3 0 0 1 0 6.6H6.5',
  redo: 'M10.5 3.5 13 6l-2.5 2.5M13 6H6.8a3.3 3.3 0 0 0 0 6.6h2.7',
  play: 'M5 3.2v9.6l7.5-4.8z',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  stop: 'M4.5 4.5h7v7h-7z',
  refresh: 'M13 8a5 5 0 1 1-1.6-3.7L13 5.8M13 2.8v3h-3',
  download: 'M8 2.8v7M5 7l3 3 3-3M3 13h10',
  upload: 'M8 10V3M5 5.8l3-3 3 3M3 13h10',
  compare: 'M2.5 3h4.5v10H2.5zM9 3h4.5v10H9zM4 6h1.5M10.5 10H12',
  trash: 'M3 4.5h10M6.3 4.3V3h3.4v1.3M4.5 4.5l.6 8.5h5.8l.6-8.5M6.8 7v3.6M9.2 7v3.6',
  copy: 'M6 6h7v7H6zM3 10V3h7v.5',
  edit: 'M3 13l.6-2.8L10.4 3.4l2.2 2.2L5.8 12.4z',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  archive: 'M2.8 3.5h10.4v2.5H2.8zM3.8 6v7h8.4V6M6.5 8.5h3',
  restore: 'M3 8a5 5 0 1 0 1.6-3.7L3 5.8M3 2.8v3h3',
  link: 'M6.8 9.2l2.4-2.4M7.5 5l1.3-1.3a2.3 2.3 0 0 1 3.3 3.3L10.8 8.3M8.5 11l-1.3 1.3a2.3 2.3 0 0 1-3.3-3.3l1.3-1.3',
  unlink: 'M7.5 5l1.3-1.3a2.3 2.3 0 0 1 3.3 3.3L10.8 8.3M8.5 11l-1.3 1.3a2.3 2.3 0 0 1-3.3-3.3l1.3-1.3M3 3l10 10',
  external: 'M9 3h4v4M13 3 7.5 8.5M6.5 4H3v9h9V9.5',
  sort: 'M5 3v10M2.8 10.8 5 13l2.2-2.2M11 13V3M8.8 5.2 11 3l2.2 2.2',
  up: 'M8 13V3M4 7l4-4 4 4',
  down: 'M8 3v10M4 9l4 4 4-4',
  'chevron-right': 'M6 3.5 10.5 8 6 12.5',
  'chevron-left': 'M10 3.5 5.5 8l4.5 4.5',
  'chevron-down': 'M3.5 6 8 10.5 12.5 6',
  'chevron-up': 'M3.5 10 8 5.5l4.5 4.5',
  fit: 'M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3',
  tidy: 'M2.5 3h4v3.5h-4zM9.5 3h4v3.5h-4zM9.5 9.5h4V13h-4zM6.5 4.7h3M4.5 6.5v4.7h5',
  wider: 'M9.5 4.5 13 8l-3.5 3.5M6.5 4.5 3 8l3.5 3.5M3 8h10',
  narrower: 'M2.5 8h4M4 5.5 6.5 8 4 10.5M13.5 8h-4M12 5.5 9.5 8l2.5 2.5',
  map: 'M2.5 3h11v10h-11zM8 8h5.5v5H8z',
  panel: 'M2.5 3h11v10h-11zM6 3v10',
  'panel-right': 'M2.5 3h11v10h-11zM10 3v10',
  'panel-bottom': 'M2.5 3h11v10h-11zM2.5 9.5h11',
  // facts
  info: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM8 7.3v3.4M8 5.2v.01',
  warning: 'M8 2.8 14 13H2zM8 6.5v3M8 11.3v.01',
  error: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM8 5v3.6M8 10.9v.01',
  cross: 'M4.5 4.5l7 7M11.5 4.5l-7 7',
  arc: 'M8 2.5A5.5 5.5 0 1 1 2.5 8',
  bolt: 'M9 2 3.8 9H8l-1 5 5.2-7H8z',
  hourglass: 'M4.5 2.5h7M4.5 13.5h7M5 2.5c0 3.5 3 4 3 5.5s-3 2-3 5.5M11 2.5c0 3.5-3 4-3 5.5s3 2 3 5.5',
  dots: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  skip: 'M3.5 4l5 4-5 4zM11.5 4v8',
  slash: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM4.2 11.8l7.6-7.6',
  stale: 'M8 2.5a5.5 5.5 0 1 0 5.5 5.5M8 5v3l2 1.5M13.5 2.5v3h-3',
  pin: 'M6 2.5h4l-.5 4.5 2 2H4.5l2-2zM8 9v4.5',
  lock: 'M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5',
  offline:
    'M2.5 6.5a8 8 0 0 1 3-1.9M10.5 4.6a8 8 0 0 1 3 1.9M5 9.3a4.5 4.5 0 0 1 1.5-1M9.5 8.3a4.5 4.5 0 0 1 1.5 1M8 12.2v.01M3 2.5l10 11',
  saved: 'M4.5 12.5a3 3 0 0 1-.3-6A4 4 0 0 1 12 7.2a2.7 2.7 0 0 1-.3 5.3zM6 9.4l1.5 1.5 2.7-3',
  saving: 'M4.5 12.5a3 3 0 0 1-.3-6A4 4 0 0 1 12 7.2a2.7 2.7 0 0 1-.3 5.3z',
  person: 'M8 2.8a2.6 2.6 0 1 0 0 5.2 2.6 2.6 0 0 0 0-5.2zM3 13.5c.5-3 2.5-4 5-4s4.5 1 5 4',
  key: 'M5.5 7.5a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4zM7.5 8.3 13 2.8M10.8 5l1.8 1.8',
  sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.8v1.4M8 12.8v1.4M1.8 8h1.4M12.8 8h1.4M3.6 3.6l1 1M11.4 11.4l1 1M12.4 3.6l-1 1M4.6 11.4l-1 1',
  moon: 'M13 9.6A5.5 5.5 0 1 1 6.4 3 4.5 4.5 0 0 0 13 9.6z',
  keyboard: 'M1.8 4.5h12.4v7H1.8zM4 6.8h.01M6.7 6.8h.01M9.3 6.8h.01M12 6.8h.01M5 9.3h6',
  history: 'M3 8a5 5 0 1 0 1.6-3.7L3 5.8M3 2.8v3h3M8 5.3V8l2 1.3',
  outline: 'M3 4h10M5.5 8H13M5.5 12H13M3 8h.01M3 12h.01',
  note: 'M3 3h10v7l-3 3H3zM10 13v-3h3M5.5 6h5M5.5 8.5h3',
  parameter: 'M5.5 3C4 3 4.5 7.2 3 8c1.5.8 1 5 2.5 5M10.5 3c1.5 0 1 4.2 2.5 5-1.5.8-1 5-2.5 5',
  log: 'M3 3.5h10M3 6.5h7M3 9.5h10M3 12.5h5',
  timeline: 'M2.5 3.5h5M5.5 8h6M9 12.5h4.5',
  // node types
  code: 'M5.5 4.5 2 8l3.5 3.5M10.5 4.5 14 8l-3.5 3.5',
  python:
    'M8 2.5c-2.5 0-2.5 1-2.5 2.5H8.5M8 13.5c2.5 0 2.5-1 2.5-2.5H7.5M5.5 5H4c-1 0-1.5 1-1.5 3s.5 3 1.5 3h1.5V9.5c0-1 .5-1.5 1.5-1.5h2c1 0 1.5-.5 1.5-1.5V4.5c0-1.5-.5-2-2.5-2M10.5 11H12c1 0 1.5-1 1.5-3S13 5 12 5h-1.5',
  typescript:
    'M2.5 2.5h11v11h-11zM4.8 7.5h3.4M6.5 7.5v4M12 8c-.5-.7-2.3-.8-2.3.4 0 1.3 2.5.8 2.5 2.1 0 1.2-2 1.3-2.7.4',
  sql: 'M8 2.5c-3 0-4.8.8-4.8 1.8S5 6.1 8 6.1s4.8-.8 4.8-1.8S11 2.5 8 2.5zM3.2 4.3v7.4c0 1 1.8 1.8 4.8 1.8s4.8-.8 4.8-1.8V4.3M3.2 8c0 1 1.8 1.8 4.8 1.8s4.8-.8 4.8-1.8',
  table: 'M2.5 3h11v10h-11zM2.5 6.3h11M2.5 9.6h11M6.5 3v10',
  file: 'M4 2.5h5l3 3v8H4zM9 2.5v3h3',
  folder: 'M2.5 4h4l1.5 1.5h5.5V12.5h-11z',
  columns: 'M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10',
  filter: 'M2.5 3.5h11L9.5 8.5v4.5L6.5 11.5v-3z',
  join: 'M6 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z',
  collect: 'M2 3h4M2 8h4M2 13h4M6 3c3 0 2 5 5 5M6 8h8M6 13c3 0 2-5 5-5M12 6l2 2-2 2',
  split: 'M2.5 8H6c2.5 0 2-4.5 4.5-4.5h3M6 8c2.5 0 2 4.5 4.5 4.5h3M11.8 1.8l1.7 1.7-1.7 1.7M11.8 10.8l1.7 1.7-1.7 1.7',
  shield: 'M8 2.2 13 4v4c0 3-2 5-5 6-3-1-5-3-5-6V4zM5.8 8l1.6 1.6 3-3.2',
  model: 'M8 2 13.5 5v6L8 14 2.5 11V5zM2.5 5 8 8l5.5-3M8 8v6',
  train: 'M2.5 13.5h11M2.5 2.5v11M4.5 11c2-.5 2.5-6 8.5-6.5',
  predict: 'M2.5 8h7M7 5.5 9.5 8 7 10.5M12 4.5v7',
  target: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM8 5.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM8 8h.01',
  chart: 'M2.5 2.5v11h11M5.5 11V8M8.5 11V4.5M11.5 11V6.5',
  figure: 'M2.5 3h11v10h-11zM2.5 10.5l3.5-3.5 3 3 2-2 2.5 2.5M10.5 5.8h.01',
  report: 'M4 2.5h8v11H4zM6 5.5h4M6 8h4M6 10.5h2.5',
  metrics: 'M2.5 11.5 5.8 7l2.7 2.5 5-6M10.5 3.5h3v3',
  clock: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM8 5v3.2l2 1.3',
  value: 'M5.5 3C4 3 4.5 7.2 3 8c1.5.8 1 5 2.5 5M10.5 3c1.5 0 1 4.2 2.5 5-1.5.8-1 5-2.5 5',
  flow: 'M3.5 4.5a1 1 0 1 0 0-.01M12.5 8a1 1 0 1 0 0-.01M3.5 12a1 1 0 1 0 0-.01M4.5 4.5c4 0 3 3.5 7 3.5M4.5 12c4 0 3-4 7-4',
} as const;

export type IconName = keyof typeof paths;
export const isIconName = (name: string): name is IconName => Object.hasOwn(paths, name);
/** Path data for drawing outside of React. */
export const iconPath = (name: IconName): string => paths[name];

export const Icon = memo(function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === 'dots' || name === 'more' ? 2.2 : 1.4}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
      style={{ flex: 'none' }}
    >
      <path d={paths[name]} />
    </svg>
  );
});
