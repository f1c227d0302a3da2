/**
 * Decides who gets in to MLflow's routes, and how whatever comes of it is answered: found out and allowed as everywhere else, in the
 * project of the token, with every mistake in MLflow's form.
 */
import type { Action } from '@drawloom/shared/api/access.ts';
import type { Json } from '@drawloom/shared/json.ts';
import type { Context } from 'hono';
import type { House } from '../../api/house.ts';
import { type ProjectRow, peerOf, projectOfCaller } from '../../api/wire.ts';
import { recordAudit } from '../../audit/record.ts';
import { authenticate } from '../../auth/authenticate.ts';
import { authorize } from '../../auth/authorize.ts';
import { crossSiteReason } from '../../auth/origin.ts';
import type { Subject } from '../../auth/subject.ts';
import { within } from '../../within.ts';
import { WireMistake, wireMistakeFor } from './mistake.ts';

export interface Doorway {
  /** What it is called in the audit and in the log. */
  name: string;
  action: Action;
  audited: boolean;
}

/** What answers need of the house, be it the server or a worker. */
export type WireHouse = Pick<House, 'db' | 'sql' | 'store' | 'silenceMs'>;

export interface Admitted {
  house: WireHouse;
  subject: Pick<Subject, 'name'>;
  project: Pick<ProjectRow, 'id'>;
  /** Something for the audit to keep beside who, what and when. */
  note(details: Record<string, Json>): void;
}

const patienceMs = 5000;

/** Answers a request by `work` once it is known that the caller may; nothing of a body was read before. */
export async function admit(
  house: House,
  context: Context,
  { name, action, audited }: Doorway,
  work: (admitted: Admitted) => Promise<Response>,
): Promise<Response> {
  try {
    const request = context.req.raw;
    const credentials = { port: house.port(), presetTokens: house.presetTokens };
    const { subject, presented } = await within(patienceMs, authenticate(house.db, request.headers, credentials));
    if (!subject)
      throw new WireMistake(
        'UNAUTHENTICATED',
        presented
          ? 'The token is not valid any more. Make a new one in the settings, and set MLFLOW_TRACKING_TOKEN to it.'
          : 'Set MLFLOW_TRACKING_TOKEN to a token from the settings.',
      );
    if (request.method !== 'GET') {
      const reason = crossSiteReason(request.headers, subject);
      if (reason) throw new WireMistake('PERMISSION_DENIED', reason);
    }
    const project = await projectOf(house, subject, request.headers.get('x-mlflow-workspace'));
    const details: Record<string, Json> = { peer: peerOf(context) };
    const audit = (outcome: 'allowed' | 'denied') =>
      recordAudit(house.db, {
        actor: subject.personId,
        actorName: subject.name,
        via: subject.via,
        action: name,
        object: new URL(request.url).pathname.slice(0, 500),
        projectId: project.id,
        outcome,
        details,
      });
    if (authorize(subject, action, { kind: 'project', projectId: project.id }) !== 'allowed') {
      if (audited) await audit('denied');
      throw new WireMistake('PERMISSION_DENIED', `This token, or your role, does not allow this (${action}).`);
    }
    const response = await work({ house, subject, project, note: (more) => Object.assign(details, more) });
    if (audited) await audit('allowed');
    return response;
  } catch (error) {
    const mistake = wireMistakeFor(error);
    if (mistake.code === 'INTERNAL_ERROR') house.log.error({ error: String(error), rpc: name }, 'mlflow');
    return mistake.toResponse();
  }
}

async function projectOf(house: House, subject: Subject, named: string | null): Promise<ProjectRow> {
  const found = await projectOfCaller(house.db, subject, named);
  if (!found)
    throw new WireMistake(
      'RESOURCE_DOES_NOT_EXIST',
      named ? `There is no project “${named}” that you may see.` : 'You have no project yet.',
    );
  return found;
}
