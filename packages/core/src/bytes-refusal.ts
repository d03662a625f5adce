import type { Endpoint } from './endpoint.ts';
import { at } from './endpoint-text.ts';
import { SocketError } from './errors.ts';

/**
 * `ERR_SOCK_ARGUMENT` when `bytes` are no bytes: text or wider numbers would be sent as something else without a word. The
 * `Uint8Array` of another realm, as test runners make them, is as good as ours.
 */
export function bytesRefusal(bytes: unknown, endpoint: Endpoint | undefined): SocketError<'ERR_SOCK_ARGUMENT'> | undefined {
  const found = noBytes(bytes);
  if (found === undefined) return undefined;
  const cure = found === 'string' ? 'encode the text: new TextEncoder().encode(text)' : 'give a Uint8Array';
  return new SocketError('ERR_SOCK_ARGUMENT', `send${at('to', endpoint)} got ${found} instead of bytes: ${cure}`, { phase: 'send', category: 'usage', endpoint });
}

/** What stands where bytes should, for a message; `undefined` for bytes. */
export function noBytes(bytes: unknown): string | undefined {
  if (bytes instanceof Uint8Array || Object.prototype.toString.call(bytes) === '[object Uint8Array]') return undefined;
  return ArrayBuffer.isView(bytes) ? bytes.constructor.name : bytes === null ? 'null' : typeof bytes;
}

/** {@link bytesRefusal} for a list, before any of it is sent. */
export function listRefusal(chunks: unknown, endpoint: Endpoint | undefined): SocketError<'ERR_SOCK_ARGUMENT'> | undefined {
  if (!Array.isArray(chunks)) {
    return new SocketError('ERR_SOCK_ARGUMENT', `sendv${at('to', endpoint)} got no list of bytes: give an array of Uint8Array`, { phase: 'send', category: 'usage', endpoint });
  }
  for (const chunk of chunks) {
    const refusal = bytesRefusal(chunk, endpoint);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}
