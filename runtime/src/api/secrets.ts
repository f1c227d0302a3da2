/** The routes about secrets: names can be listed and values set; no route reads one back. */
import { routes } from '@drawloom/shared/api/index.ts';
import { namesOf } from '../auth/people.ts';
import { listSecrets, removeSecret, type SecretRow, setSecret } from '../secrets/store.ts';
import { notThere } from './refusal.ts';
import { type Handler, handle } from './wire.ts';

export const secretHandlers: Handler[] = [
  handle(routes.listSecrets, async ({ house, project }) => {
    const rows = await listSecrets(house.db, project.id);
    const name = await namesOf(
      house.db,
      rows.map((row) => row.updatedBy),
    );
    return { secrets: rows.map((row) => secretAnswer(row, name(row.updatedBy))) };
  }),
  handle(routes.setSecret, async ({ house, project, params, body, subject }) => {
    const row = await setSecret(house.db, house.config.home, {
      projectId: project.id,
      name: params.secret,
      value: body.value,
      by: subject.personId,
    });
    return secretAnswer(row, subject.name);
  }),
  handle(routes.removeSecret, async ({ house, project, params }) => {
    if (!(await removeSecret(house.db, project.id, params.secret))) throw notThere();
    return undefined;
  }),
];

const secretAnswer = ({ name, version, updatedAt }: SecretRow, updatedBy: string) => ({
  name,
  version,
  updatedAt: updatedAt.toISOString(),
  updatedBy,
});
