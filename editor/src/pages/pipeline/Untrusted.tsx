/** Says that the code of an imported drawing waits for somebody to accept it. */
import { call, problemOf, routes } from '../../api/call.ts';
import { useDrawing, useDrawingObject } from '../../document/DrawingContext.tsx';
import { Button } from '../../ui/Button.tsx';
import { Notice } from '../../ui/notices.tsx';
import { toast } from '../../ui/overlays.tsx';
import { t } from '../../words/index.ts';
import styles from './PipelinePage.module.css';

export function Untrusted() {
  const drawing = useDrawingObject();
  const trusted = useDrawing((state) => state.trusted);
  if (trusted) return null;
  const accept = () =>
    call(routes.trustPipeline, { params: { pipeline: drawing.id } }).then(
      (answer) => drawing.replaceBy(answer),
      (error) => toast(problemOf(error).message, 'failed'),
    );
  return (
    <div className={styles.banner}>
      <Notice
        tone="warning"
        actions={
          <Button small onPress={() => void accept()}>
            {t('Accept its code')}
          </Button>
        }
      >
        {t(
          'This pipeline was imported, and nobody has accepted its code yet. Read it, then accept it; until then it cannot run.',
        )}
      </Notice>
    </div>
  );
}
