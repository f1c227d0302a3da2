/** MLflow's calls about what is thought of a trace. */
import * as z from 'zod';
import {
  type AssessmentText,
  addAssessments,
  assessmentNamed,
  changeAssessment,
  deleteAssessment,
} from '../traces/assessments.ts';
import { storedPairs } from '../traces/pairs.ts';
import { traceNamed } from '../traces/records.ts';
import { invalidValue } from './mistake.ts';
import { type Rpc, rpc, text, type WireCall } from './rpc.ts';
import {
  AssessmentFields,
  checkedAssessmentName,
  checkedContent,
  checkedRationale,
  readAssessment,
  wiredAssessment,
} from './traceForms.ts';

const named = { trace_id: text, assessment_id: text };

const traceOf = async ({ house, project }: WireCall<unknown>, uuid: string) => ({
  id: await traceNamed(house.sql, project.id, uuid),
  uuid,
});

/** What a field mask may name, by each of its spellings. */
const changeable = ['assessment_name', 'expectation', 'feedback', 'rationale', 'metadata'];

/** In JSON a mask is one text, its paths in camel case and joined by commas; some write it as it stands in the protocol's files. */
const Mask = z.union([
  z.string().transform((mask) => mask.split(',')),
  z.object({ paths: z.array(z.string()).default([]) }).transform(({ paths }) => paths),
]);

export const assessmentRpcs: Rpc[] = [
  rpc('POST traces/:trace_id/assessments', {
    version: '3.0',
    action: 'run.execute',
    fields: z.object({ trace_id: text, assessment: AssessmentFields }),
    work: async (call) => {
      const given = readAssessment(call.fields.assessment);
      const trace = await traceOf(call, call.fields.trace_id);
      const [uuid] = await addAssessments(call.house.sql, trace, [given]);
      return { assessment: wiredAssessment(await assessmentNamed(call.house.sql, trace, uuid!)) };
    },
  }),
  rpc('GET traces/:trace_id/assessments/:assessment_id', {
    version: '3.0',
    action: 'data.read',
    fields: z.object(named),
    work: async (call) => {
      const trace = await traceOf(call, call.fields.trace_id);
      return { assessment: wiredAssessment(await assessmentNamed(call.house.sql, trace, call.fields.assessment_id)) };
    },
  }),
  rpc('PATCH traces/:trace_id/assessments/:assessment_id', {
    version: '3.0',
    action: 'run.execute',
    fields: z.object({ ...named, assessment: AssessmentFields, update_mask: Mask }),
    work: async (call) => {
      const { assessment: given, assessment_id: uuid } = call.fields;
      const trace = await traceOf(call, call.fields.trace_id);
      const before = await assessmentNamed(call.house.sql, trace, uuid);
      const change: Partial<AssessmentText> = {};
      for (const spelled of call.fields.update_mask) {
        const path = spelled.trim().replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
        if (!changeable.includes(path))
          throw invalidValue(
            `Invalid value '${spelled.slice(0, 60)}' for parameter 'update_mask': only ${changeable.join(', ')} change.`,
          );
        if (path === 'assessment_name') change.name = checkedAssessmentName(given.assessment_name ?? '');
        if (path === 'rationale') change.rationale = checkedRationale(given.rationale ?? '');
        if (path === 'metadata') change.metadata = storedPairs(given.metadata);
        if (path !== 'feedback' && path !== 'expectation') continue;
        const content = given[path];
        if (path !== before.kind)
          throw invalidValue(`This assessment is ${before.kind}; it does not become ${path}. Log another one.`);
        if (!content) throw invalidValue(`Missing value for required parameter 'assessment.${path}'.`);
        change.value = checkedContent(path, content);
        change.content = content;
      }
      await changeAssessment(call.house.sql, trace, uuid, change);
      return { assessment: wiredAssessment(await assessmentNamed(call.house.sql, trace, uuid)) };
    },
  }),
  rpc('DELETE traces/:trace_id/assessments/:assessment_id', {
    version: '3.0',
    action: 'run.execute',
    fields: z.object(named),
    work: async (call) => {
      const trace = await traceOf(call, call.fields.trace_id);
      await deleteAssessment(call.house.sql, trace.id, call.fields.assessment_id);
      return {};
    },
  }),
];
