import type { Duplex } from 'node:stream';
import { wait } from '@sock/core';

/** The alerts by which a server may refuse a client before the handshake, by their names in RFC 8446, section 6. */
export type Refusal = 'unrecognized_name' | 'no_application_protocol' | 'access_denied' | 'handshake_failure' | 'internal_error' | 'protocol_version';

const NUMBERS: Readonly<Record<Refusal, number>> = {
  handshake_failure: 40,
  access_denied: 49,
  protocol_version: 70,
  internal_error: 80,
  unrecognized_name: 112,
  no_application_protocol: 120,
};

/** Whether a program named one of them. */
export function isRefusal(alert: unknown): alert is Refusal {
  return typeof alert === 'string' && Object.hasOwn(NUMBERS, alert);
}

/** The seven bytes of a fatal alert in plain text, which is how every alert goes before keys are agreed on (RFC 8446, section 5.1). */
export function alertRecord(alert: Refusal): Uint8Array {
  return Uint8Array.of(21, 3, 3, 0, 2, FATAL, NUMBERS[alert]);
}

/**
 * Answers a ClientHello with `alert` and ends the stream. Resolves when both have left, when the stream is closed, or after 500 ms; never
 * rejects. The stream is to be destroyed then: a peer that reads nothing would hold it open.
 */
export async function refuse(stream: Duplex, alert: Refusal): Promise<void> {
  if (!stream.writable) return;
  const leaving = wait<void>({ timeout: LAST_WORD_MS }, { phase: 'handshake' }, (resolve) => {
    const stop = (): void => void stream.off('finish', over).off('close', over).off('error', over);
    const over = (): void => {
      stop();
      resolve();
    };
    stream.on('finish', over).on('close', over).on('error', over);
    stream.end(alertRecord(alert));
    return stop;
  });
  // The peer is refused whether or not it learns why in time.
  await leaving.catch(() => {});
}

const FATAL = 2;
const LAST_WORD_MS = 500;
