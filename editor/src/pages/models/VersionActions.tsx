/** What is done with a version: it gets an alias or loses one, moves to a stage, or goes. Each asks first. */
import type { ModelStage, ModelVersionSummary } from '@drawloom/shared/api/models.ts';
import { type ReactNode, useState } from 'react';
import { call, problemOf, routes } from '../../api/call.ts';
import { useMay } from '../../api/session.ts';
import { useSending } from '../../api/useSending.ts';
import { FormDialog } from '../../ui/FormDialog.tsx';
import { Checkbox, ComboBox, Select } from '../../ui/fields.tsx';
import { Confirm, Menu, toast } from '../../ui/overlays.tsx';
import { t } from '../../words/index.ts';
import { stages, stageWord } from './Names.tsx';
import { PromotionDialog } from './PromotionDialog.tsx';

interface Acted {
  project: string;
  version: ModelVersionSummary;
  /** Those that the model has, with the version that each names. */
  aliases: readonly { alias: string; version: number }[];
  onChanged: () => void;
}

/** The menu; `trigger` opens it. Nothing for whoever may do none of this. */
export function VersionMenu(props: Acted & { trigger: ReactNode; onDeleted: () => void }) {
  const { project, version } = props;
  const { model, version: number } = version;
  const [open, setOpen] = useState<'alias' | 'stage' | 'ask' | 'delete' | null>(null);
  const mayPromote = useMay(project, 'model.promote');
  const mayRegister = useMay(project, 'model.register');
  const mayDelete = useMay(project, 'artifact.delete');
  if (!mayPromote && !mayRegister && !mayDelete) return null;
  const act = async (work: () => Promise<unknown>, then: () => void) => {
    try {
      await work();
      then();
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
  };
  const close = () => setOpen(null);
  return (
    <>
      <Menu
        label={t('Actions of version {n}', { n: number })}
        trigger={props.trigger}
        groups={[
          {
            entries: mayPromote
              ? [
                  { id: 'alias', text: t('Give it an alias…'), icon: 'link', onAction: () => setOpen('alias') },
                  ...version.aliases.map((alias) => ({
                    id: `@${alias}`,
                    text: t('Take away @{alias}', { alias }),
                    icon: 'unlink' as const,
                    onAction: () =>
                      void act(
                        () => call(routes.removeModelAlias, { params: { project, model, alias } }),
                        props.onChanged,
                      ),
                  })),
                  { id: 'stage', text: t('Move it to a stage…'), icon: 'up', onAction: () => setOpen('stage') },
                ]
              : [],
          },
          {
            entries: mayRegister
              ? [{ id: 'ask', text: t('Ask for its promotion…'), icon: 'shield', onAction: () => setOpen('ask') }]
              : [],
          },
          {
            entries: mayDelete
              ? [
                  {
                    id: 'delete',
                    text: t('Delete the version…'),
                    icon: 'trash',
                    tone: 'danger',
                    onAction: () => setOpen('delete'),
                  },
                ]
              : [],
          },
        ]}
      />
      {open === 'alias' && <AliasDialog {...props} onClose={close} />}
      {open === 'stage' && <StageDialog {...props} onClose={close} />}
      {open === 'ask' && <PromotionDialog {...props} onAsked={props.onChanged} onClose={close} />}
      {open === 'delete' && (
        <Confirm
          title={t('Delete version {n} of {model}?', { n: number, model })}
          action={t('Delete')}
          danger
          onConfirm={() =>
            void act(
              () => call(routes.deleteModelVersion, { params: { project, model, version: number } }),
              props.onDeleted,
            )
          }
          onClose={close}
        >
          {version.aliases.length > 0
            ? t('Whoever loads it as {names} finds nothing then. Its number is never given again.', {
                names: version.aliases.map((alias) => `@${alias}`).join(', '),
              })
            : t('Whoever loads it by its number finds nothing then. The number is never given again.')}
        </Confirm>
      )}
    </>
  );
}

function AliasDialog({ project, version, aliases, onChanged, onClose }: Acted & { onClose: () => void }) {
  const { model, version: number } = version;
  const [alias, setAlias] = useState('');
  const wanted = alias.trim().replace(/^@/, '');
  const now = aliases.find((one) => one.alias === wanted)?.version;
  const form = useSending(async () => {
    await call(routes.setModelAlias, { params: { project, model, alias: wanted }, body: { version: number } });
    onChanged();
    onClose();
  }, wanted !== '');
  return (
    <FormDialog
      title={t('An alias for version {n}', { n: number })}
      action={t('Set the alias')}
      form={form}
      onClose={onClose}
      data-testid="set-alias"
    >
      <ComboBox
        label={t('Alias')}
        free
        autoFocus
        isRequired
        value={alias}
        onChange={setAlias}
        options={aliases.map((one) => ({
          id: one.alias,
          text: one.alias,
          hint: t('names version {n}', { n: one.version }),
        }))}
        hint={
          now === undefined || now === number
            ? t('Programs load it as models:/{model}@{alias}.', { model, alias: wanted || 'champion' })
            : t('It names version {before} now, and names version {n} then.', { before: now, n: number })
        }
        mistake={form.asked && wanted === '' ? t('Give it a name, such as champion.') : null}
      />
    </FormDialog>
  );
}

function StageDialog({ project, version, onChanged, onClose }: Acted & { onClose: () => void }) {
  const { model, version: number } = version;
  const [stage, setStage] = useState<ModelStage>(version.stage);
  const [archive, setArchive] = useState(true);
  // The two that programs load from; elsewhere any number of versions lie beside each other.
  const isLoadedFrom = stage === 'Staging' || stage === 'Production';
  const form = useSending(async () => {
    await call(routes.setModelStage, {
      params: { project, model, version: number },
      body: { stage, archive: isLoadedFrom && archive },
    });
    onChanged();
    onClose();
  });
  return (
    <FormDialog
      title={t('The stage of version {n}', { n: number })}
      action={t('Move it')}
      form={form}
      isDisabled={stage === version.stage}
      onClose={onClose}
      data-testid="set-stage"
    >
      <Select
        label={t('Stage')}
        value={stage}
        onChange={(id) => setStage(id as ModelStage)}
        options={stages.map((one) => ({ id: one, text: stageWord(one) }))}
      />
      {isLoadedFrom && (
        <Checkbox isSelected={archive} onChange={setArchive}>
          {t('Move what else is in {stage} to the archive', { stage: stageWord(stage) })}
        </Checkbox>
      )}
    </FormDialog>
  );
}
