import type { Duplex } from 'node:stream';
import type { Cancel, Endpoint } from '@sock/core';
import { at, wait } from '@sock/core';
import { TlsError } from '../errors.ts';
import { closedInHandshake, timedOut, tlsFailure } from '../handshake/tls-failure.ts';
import type { ClientHello, ClientHelloResult } from './client-hello.ts';
import { readClientHello } from './client-hello.ts';
import type { RecordScan } from './hello-records.ts';
import { findMessage, newScan } from './hello-records.ts';
import { plainProtocol } from './plain-protocol.ts';

/** What the errors of {@link readHello} need to know. */
export interface HelloReader {
  readonly endpoint: Endpoint | undefined;
  /** Longest text of others in a message, in characters. */
  readonly maxText: number;
}

/**
 * Waits on a paused stream for a whole ClientHello and puts all bytes back, so that an engine that is set on the stream afterwards
 * finds it untouched. No listener stays behind on any path, none for `error` either: whoever goes on with the stream brings its own.
 * When it fails, the bytes are gone: the connection is good for nothing but to be destroyed.
 *
 * @returns `undefined` for a hello that cannot be read: the engine is to judge it
 * @throws `ERR_SOCK_TLS_NOT_TLS`, `ERR_SOCK_TLS_HANDSHAKE_CLOSED`, `ERR_SOCK_TLS_HANDSHAKE_RESET`, `ERR_SOCK_TLS_HANDSHAKE_TIMEOUT`, `ERR_SOCK_ABORTED`
 */
export function readHello(stream: Duplex, { endpoint, maxText }: HelloReader, cancel: Cancel): Promise<ClientHello | undefined> {
  const onTimeout = (milliseconds: number): Error => timedOut(milliseconds, endpoint, 'want-read', ': no whole ClientHello came; is the peer a TLS client?');
  return wait<ClientHello | undefined>(cancel, { phase: 'handshake', what: 'ClientHello', endpoint, onTimeout }, (resolve, reject) => {
    const gathered = new Gathered();
    const stop = (): void => void stream.off('readable', look).off('end', ended).off('close', ended).off('error', failed);
    const failed = (error: unknown): void => {
      stop();
      reject(tlsFailure(error, { endpoint, established: false, phase: 'handshake', maxText }));
    };
    const ended = (): void => {
      if (stream.errored) return failed(stream.errored);
      stop();
      reject(closedInHandshake(endpoint, 'closed', 'want-read'));
    };
    const look = (): boolean => {
      for (let chunk: unknown; (chunk = stream.read()) !== null; ) {
        const result = gathered.add(chunk as Uint8Array);
        if (result.kind === 'more') continue;
        // Before the bytes go back: a listener for `readable` would be called for them.
        stop();
        if (result.kind === 'not-tls') reject(notTls(result.first, endpoint, maxText));
        // In the same turn as the read: a stream whose end has come tells it in the next one, unless there are bytes again.
        stream.unshift(gathered.bytes);
        resolve(result.kind === 'hello' ? result.hello : undefined);
        return true;
      }
      return false;
    };
    if (stream.errored || stream.destroyed || stream.readableEnded) return ended();
    // Usually it is not there yet, but a client that was early has sent it already.
    if (look()) return;
    stream.on('readable', look).on('end', ended).on('close', ended).on('error', failed);
    return stop;
  });
}

/** What came so far, in one piece. It grows by doubling: a hello in drips must not be copied once for each byte. */
class Gathered {
  readonly #scan: RecordScan = newScan();
  #room: Uint8Array | undefined;
  bytes: Uint8Array = NOTHING;

  add(chunk: Uint8Array): ClientHelloResult {
    this.bytes = this.bytes.length === 0 ? chunk : this.#joined(chunk);
    const message = findMessage(this.bytes, this.#scan);
    return 'kind' in message ? message : readClientHello(message);
  }

  #joined(chunk: Uint8Array): Uint8Array {
    const { length } = this.bytes;
    const total = length + chunk.length;
    if (this.#room === undefined || this.#room.length < total) {
      const room = Buffer.allocUnsafeSlow(Math.max(2048, total * 2));
      room.set(this.bytes);
      this.#room = room;
    }
    this.#room.set(chunk, length);
    return this.#room.subarray(0, total);
  }
}

const NOTHING: Uint8Array = /*#__PURE__*/ new Uint8Array(0);

function notTls(first: Uint8Array, endpoint: Endpoint | undefined, maxText: number): TlsError<'ERR_SOCK_TLS_NOT_TLS'> {
  return new TlsError('ERR_SOCK_TLS_NOT_TLS', `the peer${at('at', endpoint)} ${plainProtocol(first, maxText)}`, {
    kind: 'handshake', phase: 'handshake', category: 'protocol', endpoint,
  });
}
