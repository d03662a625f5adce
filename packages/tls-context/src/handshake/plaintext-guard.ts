import type { Detached, Endpoint } from '@sock/core';
import { at } from '@sock/core';
import { TlsError } from '../errors.ts';

/**
 * Refuses bytes that came before an upgrade and were not read. For a client none is right; for a server they must be the beginning
 * of a handshake, which may have come before the program got round to upgrading.
 *
 * @throws `ERR_SOCK_TLS_PLAINTEXT_PENDING`
 */
export function refusePlaintext({ transport, unread }: Detached, role: 'client' | 'server'): void {
  const [first] = unread;
  if (first === undefined) return;
  // A record of a handshake starts with type 22 and major version 3 (RFC 8446, section 5.1).
  const second = first[1] ?? unread[1]?.[0];
  const isTls = first[0] === 0x16 && (second === undefined || second === 0x03);
  if (role === 'server' && isTls) return;
  throw plaintextPending(role, unread.reduce((sum, chunk) => sum + chunk.length, 0), transport.remote);
}

/** `ERR_SOCK_TLS_PLAINTEXT_PENDING`. */
export function plaintextPending(role: 'client' | 'server', bytes: number, endpoint: Endpoint | undefined): TlsError<'ERR_SOCK_TLS_PLAINTEXT_PENDING'> {
  const why = role === 'client' ? 'a server speaks only after the client in TLS' : 'they are no TLS record';
  return new TlsError(
    'ERR_SOCK_TLS_PLAINTEXT_PENDING',
    `${bytes} bytes${at('from', endpoint)} came in plain text and were not read before the upgrade, and ${why}: somebody may have injected them; read all that belongs to the plain protocol first`,
    { kind: 'handshake', phase: 'upgrade', category: 'protocol', endpoint },
  );
}
