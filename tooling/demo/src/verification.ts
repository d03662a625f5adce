import type { Contestant } from './link.ts';
import type { Receipt } from './receipt.ts';
import type { Session } from './session.ts';

/** What became of the file on its way, by SHA-256 at the receiver. */
export interface Verification {
  readonly transfers: number;
  readonly bytes: number;
  /** One line for each transfer that did not arrive whole. */
  readonly mismatches: readonly string[];
}

/** Sends the file over every connection, in both directions, and compares the hash of what arrived with the file's own. */
export async function verify(session: Session, contestants: readonly Contestant[]): Promise<Verification> {
  const mismatches: string[] = [];
  let transfers = 0;
  session.progress.begin('checking', session.transferBytes * contestants.length * 2);
  for (const contestant of contestants) {
    for (const direction of ['up', 'down'] as const) {
      const { receipts } = await session.transfer(contestant, direction, true);
      transfers += receipts.length;
      for (const [index, receipt] of receipts.entries()) {
        const why = difference(receipt, session);
        if (why !== undefined) mismatches.push(`${contestant.name}, ${direction}, connection ${index + 1} of ${receipts.length}: ${why}`);
      }
    }
  }
  return { transfers, bytes: transfers * session.file.size, mismatches };
}

function difference({ bytes, sha256 }: Receipt, { file, sha256: own }: Session): string | undefined {
  if (bytes !== file.size) return `${bytes} bytes arrived instead of ${file.size}`;
  return sha256 === own ? undefined : `SHA-256 of what arrived is ${sha256}`;
}
