/** Decides how the bytes of one file are asked for: an artifact's own, or of one file in a folder. */
import type { PortKind } from '@drawloom/shared/node-type/ports.ts';
import { useEffect, useState } from 'react';
import { addressOf, call, type ProblemError, problemOf, routes } from '../../api/call.ts';

export interface OneFile {
  project: string;
  sha256: string;
  kind: PortKind;
  mediaType: string;
  sizeBytes: number;
  /** What it is called here. */
  name: string;
  /** Its path, where it lies in a folder. */
  member?: string | undefined;
}

type Place = Pick<OneFile, 'project' | 'sha256' | 'kind' | 'member'>;
const queryOf = ({ kind, member }: Place) => ({ kind, ...(member !== undefined && { member }) });

/** `preview` asks for it as a browser may show it; else it is a download. */
export const contentOf = (file: Place, preview: boolean): string =>
  addressOf(routes.getContent, {
    params: { project: file.project, sha256: file.sha256 },
    query: { ...queryOf(file), ...(preview && { preview: 'true' }) },
  });

/** More text than anyone reads is cut; the download has all of it. */
const mostText = 512 * 1024;

export interface TextOf {
  text: string | null;
  cut: boolean;
  problem: ProblemError | null;
}
export function useText({ project, sha256, kind, member, sizeBytes }: OneFile): TextOf {
  const [state, setState] = useState<{ text: string | null; problem: ProblemError | null }>({
    text: null,
    problem: null,
  });
  const cut = sizeBytes > mostText;
  useEffect(() => {
    const stop = new AbortController();
    setState({ text: null, problem: null });
    const headers: Record<string, string> = cut ? { range: `bytes=0-${mostText - 1}` } : {};
    const query = queryOf({ project, sha256, kind, member });
    call(routes.getContent, { params: { project, sha256 }, query }, { signal: stop.signal, headers })
      .then((answer) => answer.text())
      .then((text) => !stop.signal.aborted && setState({ text, problem: null }))
      .catch((error) => !stop.signal.aborted && setState({ text: null, problem: problemOf(error) }));
    return () => stop.abort();
  }, [project, sha256, kind, member, cut]);
  return { ...state, cut };
}
