/** The models of a run: what was registered of it, and a way to register what it logged. */
import { routes } from '@drawloom/shared/api/index.ts';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useMay } from '../../api/session.ts';
import { useCall } from '../../api/useCall.ts';
import { Button } from '../../ui/Button.tsx';
import { t } from '../../words/index.ts';
import { RegisterDialog } from '../models/RegisterDialog.tsx';
import styles from './Experiments.module.css';

export function RunModels(props: { project: string; run: string; turn: number }) {
  const { project } = props;
  const { data, reload } = useCall(routes.getRunModels, { params: { project, run: props.run } });
  const [open, setOpen] = useState(false);
  const mayRegister = useMay(project, 'model.register');
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again whenever the list was
  useEffect(reload, [props.turn, reload]);
  if (!data || data.found.length + data.versions.length === 0) return null;
  return (
    <section className={styles.section} aria-label={t('Models')}>
      <h3>{t('Models')}</h3>
      <ul>
        {data.versions.map(({ model, version }) => (
          <li key={`${model} ${version}`}>
            <Link to="/p/$project/models/$model/$version" params={{ project, model, version: String(version) }}>
              {t('{model}, version {n}', { model, n: version })}
            </Link>
          </li>
        ))}
      </ul>
      {mayRegister && data.found.length > 0 && (
        <Button small icon="model" onPress={() => setOpen(true)}>
          {t('Register its model…')}
        </Button>
      )}
      {open && <RegisterDialog project={project} found={data.found} onClose={() => setOpen(false)} />}
    </section>
  );
}
