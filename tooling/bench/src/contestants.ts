import type { Contestant } from './contestant.ts';
import { nodeWell } from './node-well.ts';
import { node } from './node.ts';
import { sock, sockChunks } from './sock.ts';
import { undici } from './undici.ts';

/** Those that run in a child process of Node. */
export const CONTESTANTS: Readonly<Record<Exclude<ContestantName, 'c'>, Contestant>> = { sock, 'sock-chunks': sockChunks, node, 'node-well': nodeWell, undici };

/**
 * Everybody who takes part:
 * - `sock`: this repository's packages
 * - `sock-chunks`: the same, where a sink iterates over chunks that it may keep, in place of receiving into a buffer of its own
 * - `node`: plain `node:net` and `node:tls`, written the usual way
 * - `node-well`: the same, written by somebody who knows what is slow in it
 * - `undici`: the connector of undici, which dials for most HTTP clients of Node; it takes part where connections are made. Its server is `node-well`
 * - `c`: a program in C on OpenSSL, see `c/`
 */
export type ContestantName = 'sock' | 'sock-chunks' | 'node' | 'node-well' | 'undici' | 'c';
