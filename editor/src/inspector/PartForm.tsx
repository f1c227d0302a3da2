/** Which pipeline a subpipeline node runs, and whether the ports it has here are still those of that pipeline. */
import { canonical, type Json } from '@drawloom/shared/json.ts';
import type { NodeId, PipelineNode } from '@drawloom/shared/pipeline/document.ts';
import { interfaceOf } from '@drawloom/shared/pipeline/parts.ts';
import { call, problemOf, routes } from '../api/call.ts';
import { useCall } from '../api/useCall.ts';
import { places } from '../app/places.ts';
import { changeNode, setParameter } from '../document/commands.ts';
import { useDrawingObject } from '../document/DrawingContext.tsx';
import { Button, LinkButton } from '../ui/Button.tsx';
import { Select } from '../ui/fields.tsx';
import { Notice } from '../ui/notices.tsx';
import { toast } from '../ui/overlays.tsx';
import { t } from '../words/index.ts';
import formStyles from './form.module.css';

export function PartForm({ id, node, readOnly }: { id: NodeId; node: PipelineNode; readOnly: boolean }) {
  const drawing = useDrawingObject();
  const chosen = String(node.parameters.pipeline ?? '');
  const { data: known } = useCall(routes.listPipelines, { params: { project: drawing.project }, query: {} });
  const { data: part, reload } = useCall(routes.getPipeline, chosen ? { params: { pipeline: chosen } } : null);
  const now = part && interfaceOf(part.document);
  const isOld = now && canonical(now as unknown as Json) !== canonical((node.interface ?? {}) as unknown as Json);
  const take = (pipeline: string, ports: ReturnType<typeof interfaceOf>) =>
    drawing.edit(t('Choose a pipeline'), (draft) => {
      setParameter(draft, id, ['pipeline'], pipeline);
      changeNode(draft, id, { interface: structuredClone(ports) });
    });
  const choose = async (pipeline: string) => {
    try {
      const { document } = await call(routes.getPipeline, { params: { pipeline } });
      take(pipeline, interfaceOf(document));
      reload();
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
  };
  const mine = drawing.id;
  return (
    <div className={formStyles.stack}>
      <Select
        label={t('Pipeline')}
        isDisabled={readOnly}
        placeholder={t('Choose a pipeline…')}
        options={(known?.pipelines ?? [])
          .filter((one) => one.id !== mine)
          .map((one) => ({ id: one.id, text: one.name }))}
        value={chosen || null}
        onChange={(pipeline) => void choose(pipeline)}
      />
      {chosen && (
        <LinkButton small icon="pipelines" href={places.pipeline(drawing.project, chosen)}>
          {t('Open it')}
        </LinkButton>
      )}
      {now && now.inputs.length + now.outputs.length === 0 && (
        <span className={formStyles.hint}>
          {t('It has no pipeline inputs or outputs, so nothing goes in and nothing comes out.')}
        </span>
      )}
      {isOld && (
        <Notice
          role="status"
          actions={
            !readOnly && (
              <Button small onPress={() => take(chosen, now)}>
                {t('Take over its ports')}
              </Button>
            )
          }
        >
          {t('Its inputs or outputs are others than when it was chosen here.')}
        </Notice>
      )}
    </div>
  );
}
