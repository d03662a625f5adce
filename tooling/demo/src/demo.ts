import { createHash } from 'node:crypto';
import { createAuthority } from '@sock/dev-certs';
import type { DemoOptions } from './arguments.ts';
import type { Contestants } from './contestants.ts';
import { createContestants } from './contestants.ts';
import { measureLatency } from './latency.ts';
import type { StartPeer } from './peer.ts';
import type { ProgressStream } from './progress.ts';
import { Progress } from './progress.ts';
import { reportLines } from './report.ts';
import { Session } from './session.ts';
import { FileError, SourceFile } from './source-file.ts';
import { measureSpeeds, SMALLEST_TIMED_BYTES } from './speeds.ts';
import { verify } from './verification.ts';

/** The world around the demo. */
export interface Surroundings {
  readonly startPeer: StartPeer;
  readonly print: (line: string) => void;
  readonly progress: ProgressStream;
  /** Ends the demo early: it rejects with the signal's reason, and nothing is left open. */
  readonly signal: AbortSignal;
}

/**
 * The whole demo.
 *
 * @returns whether every byte arrived
 * @throws `FileError`, `SocketError`, and the reason of the signal
 */
export async function demo({ file: path, connections }: DemoOptions, surroundings: Surroundings): Promise<boolean> {
  const { startPeer, print, signal } = surroundings;
  const progress = new Progress(surroundings.progress);
  const file = await SourceFile.open(path);
  try {
    print(`Sock demo: ${file.name} (${megabytes(file.size)}) over ${connections === 1 ? 'one connection' : `${connections} connections`}, up and down\n`);
    const sha256 = await digest(file, progress, signal);
    const { chain, key, ca } = createAuthority().issue({ names: ['localhost'] });
    const peer = await startPeer({ chain, key, path });
    try {
      const session = new Session({ file, sha256, connections, progress, signal: AbortSignal.any([signal, peer.lost]) });
      return await play(session, createContestants(peer.ports, ca), print);
    } finally {
      await peer.close();
    }
  } catch (error) {
    // What broken connections and a dying server say is only the echo of an interrupt.
    signal.throwIfAborted();
    if (await file.changed()) throw new FileError(`${path} was changed while it was sent`, { cause: error });
    throw error;
  } finally {
    progress.clear();
    await file.close();
  }
}

/** First the proof, then the figures. */
async function play(session: Session, contestants: Contestants, print: (line: string) => void): Promise<boolean> {
  const { plain, tls, nodeTls } = contestants;
  const { file, sha256, progress, transferBytes } = session;
  const { transfers, bytes, mismatches } = await verify(session, [plain, tls]);
  if (mismatches.length > 0) {
    if (await file.changed()) throw new FileError(`${file.path} was changed while it was sent`);
    progress.clear();
    print(`✗ ${mismatches.length} of ${transfers} transfers did not arrive whole; SHA-256 of the file is ${sha256}`);
    for (const line of mismatches) print(`  ${line}`);
    return false;
  }
  const speed = transferBytes < SMALLEST_TIMED_BYTES ? undefined : await measureSpeeds(session, [plain, tls, nodeTls]);
  const latency = await measureLatency(session, [plain, tls, nodeTls]);
  progress.clear();
  print(`✓ SHA-256 is equal for ${transfers} of ${transfers} transfers over TCP and TLS (${megabytes(bytes)})`);
  print(`  ${sha256}\n`);
  for (const line of reportLines({ contestants, connections: session.connections, speed, latency })) print(line);
  return true;
}

async function digest(file: SourceFile, progress: Progress, signal: AbortSignal): Promise<string> {
  progress.begin('hashing', file.size);
  const hash = createHash('sha256');
  let done = 0;
  await progress.during('the file itself', file.size, () => done, async () => {
    for await (const chunk of file.chunks()) {
      signal.throwIfAborted();
      hash.update(chunk);
      done += chunk.length;
    }
  });
  return hash.digest('hex');
}

function megabytes(bytes: number): string {
  if (bytes === 1) return '1 byte';
  return bytes < 100_000 ? `${bytes.toLocaleString('en')} bytes` : `${(bytes / 1e6).toLocaleString('en', { maximumFractionDigits: 1 })} MB`;
}
