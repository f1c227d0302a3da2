/** Says aloud what changed, to those who do not see the canvas. */
import { t } from '../words/index.ts';
import { useAnnouncement } from './view.ts';

export function Announcements() {
  const text = useAnnouncement((store) => store.text);
  const ofRun = useAnnouncement((store) => store.ofRun);
  return (
    <>
      <div className="visually-hidden" role="status" aria-live="polite" data-testid="live">
        {text}
      </div>
      {/* of its own, so that what a run does never takes away what was said of somebody's edit */}
      <div className="visually-hidden" role="log" aria-label={t('What the run does')} data-testid="live-run">
        {ofRun}
      </div>
    </>
  );
}
