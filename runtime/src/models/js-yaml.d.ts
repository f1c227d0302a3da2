/** The little of js-yaml that is used here; the package carries no types of its own. */
declare module 'js-yaml' {
  export interface Schema {
    readonly [part: string]: unknown;
  }
  /** Null, booleans, numbers and texts; no dates, no merging of tables, nothing that runs. */
  export const CORE_SCHEMA: Schema;
  export function load(text: string, options: { schema: Schema }): unknown;
}
