/** What the fields of one node's form share: where values are read and written, and what is wrong at which place. */
import type { Columns } from '@drawloom/shared/columns/columns.ts';
import type { Json } from '@drawloom/shared/json.ts';
import type { PipelineParameter } from '@drawloom/shared/pipeline/document.ts';
import { createContext, useContext } from 'react';
import type { Schema } from './schema.ts';

export type Path = readonly (string | number)[];

export interface FormHost {
  root: Schema;
  node: string | null;
  readOnly: boolean;
  set: (path: Path, value: Json | undefined, name: string) => void;
  mistake: (path: Path) => string | null;
  /** What is known of the columns that arrive at an input port. */
  columns: (port: string | undefined) => Columns;
  parameters: Readonly<Record<string, PipelineParameter>>;
  /** Binds a field to a parameter of the pipeline, making it when it does not exist. Null where binding makes no sense. */
  bind: ((path: Path, parameter: string, made: PipelineParameter | null) => void) | null;
  project: string;
}
/** One field of a form: where it stands, what it may hold and what it holds. */
export interface FieldProps {
  name: string;
  schema: Schema;
  value: Json | undefined;
  path: Path;
  required: boolean;
  label?: string;
  hideLabel?: boolean;
}

const Context = createContext<FormHost | null>(null);
export const FormProvider = Context.Provider;
export function useForm(): FormHost {
  const host = useContext(Context);
  if (!host) throw new Error('A field stands outside of a form.');
  return host;
}
