import type { Endpoint } from '@sock/core';
import { at } from '@sock/core';
import type { TlsErrorCode, TlsErrorFacts } from '../errors.ts';
import { TlsError } from '../errors.ts';

/** A peer that is not who it must be. */
export function verifyError<C extends TlsErrorCode>(code: C, message: string, facts: Partial<TlsErrorFacts>): TlsError<C> {
  return new TlsError(code, message, { kind: 'verify', phase: 'verify', category: 'trust', ...facts });
}

/** The peer in words: `the server at 127.0.0.1:443`. `role` is this side's. */
export function otherSide({ role, endpoint }: { readonly role: 'client' | 'server'; readonly endpoint: Endpoint | undefined }): string {
  return `the ${role === 'client' ? 'server' : 'client'}${at('at', endpoint)}`;
}
