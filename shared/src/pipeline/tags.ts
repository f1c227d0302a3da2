/** Decides what is said of a tag that a node needs and no worker ever had: a word is misspelled, or a worker is missing. */
import type { Problem } from '../problem.ts';
import type { NodeId, PipelineDocument } from './document.ts';

const mostNamed = 20;

export const unknownTag = (
  node: NodeId,
  name: string,
  tag: string,
  known: readonly string[],
  severity: Problem['severity'],
): Problem => ({
  code: 'tag_unknown',
  message: `"${name}" needs a worker with the tag ${tag}, which none ever had. ${
    known.length > 0 ? `Workers have ${known.slice(0, mostNamed).join(', ')}: choose among these` : 'Take it out'
  }, or start a worker with DRAWLOOM_TAGS=${tag}.`,
  at: `/nodes/${node}/execution/needs`,
  severity,
  node,
});

/** Of a drawing it is a warning, since such a worker may still come before the run does. */
export const unknownTags = ({ nodes }: PipelineDocument, known: readonly string[]): Problem[] =>
  Object.entries(nodes).flatMap(([id, { name, execution }]) =>
    (execution?.needs ?? [])
      .filter((tag) => !known.includes(tag))
      .map((tag) => unknownTag(id, name, tag, known, 'warning')),
  );

/** Whether a drawing needs any tags at all. */
export const needsTags = ({ nodes }: PipelineDocument): boolean =>
  Object.values(nodes).some(({ execution }) => execution?.needs !== undefined);
