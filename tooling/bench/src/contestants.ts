import type { Contestant } from './contestant.ts';
import { node } from './node.ts';
import { sock } from './sock.ts';

/** Everybody who takes part. The first one is measured by the second one. */
export const CONTESTANTS: { readonly sock: Contestant; readonly node: Contestant } = { sock, node };

export type ContestantName = keyof typeof CONTESTANTS;
