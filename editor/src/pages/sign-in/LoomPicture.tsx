/** A pipeline as a picture, in the language of the canvas. */
import { formatCount, formatDuration } from '../../ui/format.ts';
import { t } from '../../words/index.ts';

interface PictureCard {
  x: number;
  y: number;
  title: string;
  rail: string;
  foot: string;
}
const cards: readonly PictureCard[] = [
  { x: 20, y: 60, title: t('flights'), rail: 'var(--success)', foot: t('{n} rows', { n: formatCount(336_776) }) },
  { x: 20, y: 196, title: t('weather'), rail: 'var(--success)', foot: t('{n} rows', { n: formatCount(26_115) }) },
  { x: 206, y: 128, title: t('join by hour'), rail: 'var(--success)', foot: formatDuration(900) },
  { x: 392, y: 60, title: t('train'), rail: 'var(--running)', foot: formatDuration(12_000) },
  { x: 392, y: 196, title: t('baseline'), rail: 'var(--border-strong)', foot: '' },
];
const wires = [
  'M164 100 C 190 100 180 160 206 160',
  'M164 236 C 190 236 180 176 206 176',
  'M350 168 C 376 168 366 100 392 100',
  'M350 168 C 376 168 366 236 392 236',
];

export function LoomPicture() {
  return (
    <svg viewBox="0 0 560 320" fill="none" aria-hidden="true">
      {wires.map((d) => (
        <path key={d} d={d} stroke="var(--port-table)" strokeWidth="1.75" />
      ))}
      {cards.map((card) => (
        <g key={card.title} transform={`translate(${card.x} ${card.y})`}>
          <rect width="144" height="80" rx="10" fill="var(--card)" stroke="var(--border)" />
          <path d="M4 1v78h-1a3 3 0 0 1-3-3V10a9 9 0 0 1 4-9z" fill={card.rail} />
          <text x="16" y="24" fill="var(--text)" fontSize="12.5" fontWeight="600" fontFamily="var(--font)">
            {card.title}
          </text>
          <rect x="16" y="36" width="70" height="5" rx="2.5" fill="var(--neutral-soft)" />
          <line x1="4" x2="144" y1="56" y2="56" stroke="var(--border)" />
          <text x="16" y="72" fill="var(--muted)" fontSize="11" fontFamily="var(--font)">
            {card.foot}
          </text>
        </g>
      ))}
    </svg>
  );
}
