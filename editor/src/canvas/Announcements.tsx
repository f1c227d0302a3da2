/** Says aloud what changed, to those who do not see the canvas. */
import { useAnnouncement } from './view.ts';

export function Announcements() {
  const text = useAnnouncement((store) => store.text);
  return (
    <div className="visually-hidden" role="status" aria-live="polite" data-testid="live">
      {text}
    </div>
  );
}
