/** Decides how a facet of OpenLineage is written down: who says it, and by which version of its published schema. */
import type { Json } from '@drawloom/shared/json.ts';
import { version } from '../version.ts';

export const producer = `urn:drawloom:${version}`;
const spec = 'https://openlineage.io/spec';
export const eventSchema = `${spec}/2-0-2/OpenLineage.json`;

/** By their key in an event: where their schema stands. */
const schemas = {
  columnLineage: '1-2-0/ColumnLineageDatasetFacet',
  dataQualityAssertions: '1-1-0/DataQualityAssertionsDatasetFacet',
  dataQualityMetrics: '1-0-3/DataQualityMetricsInputDatasetFacet',
  dataSource: '1-0-1/DatasourceDatasetFacet',
  datasetType: '1-0-1/DatasetTypeDatasetFacet',
  documentation: '1-1-0/DocumentationJobFacet',
  errorMessage: '1-0-1/ErrorMessageRunFacet',
  executionParameters: '1-0-0/ExecutionParametersRunFacet',
  jobDependencies: '1-0-1/JobDependenciesRunFacet',
  jobType: '2-0-4/JobTypeJobFacet',
  nominalTime: '1-0-1/NominalTimeRunFacet',
  outputStatistics: '1-0-2/OutputStatisticsOutputDatasetFacet',
  parent: '1-2-0/ParentRunFacet',
  processing_engine: '1-1-1/ProcessingEngineRunFacet',
  schema: '1-2-0/SchemaDatasetFacet',
  sourceCode: '1-0-1/SourceCodeJobFacet',
  sourceCodeLocation: '1-1-0/SourceCodeLocationJobFacet',
  sql: '1-1-0/SQLJobFacet',
  tags: '1-0-0/TagsRunFacet',
  test: '1-0-1/TestRunFacet',
  version: '1-0-1/DatasetVersionDatasetFacet',
} as const;
export type FacetName = keyof typeof schemas;
export type FacetContents = Partial<Record<FacetName, { [key: string]: Json } | null | undefined>>;

/** Those of the facets that there is something to say in. */
export function facets(contents: FacetContents): { [name: string]: Json } {
  return Object.fromEntries(
    Object.entries(contents).flatMap(([name, content]) => {
      if (!content) return [];
      const schema = schemas[name as FacetName];
      const [, kind] = schema.split('/');
      return [[name, { _producer: producer, _schemaURL: `${spec}/facets/${schema}.json#/$defs/${kind}`, ...content }]];
    }),
  );
}
