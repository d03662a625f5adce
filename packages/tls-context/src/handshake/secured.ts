import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Endpoint, InfoKey, Phase, SocketLimits, Transport } from '@sock/core';
import { SETTLED } from '@sock/core';
import type { DuplexTransportOptions } from '@sock/io';
import type { TlsInfo } from '../info.ts';
import { TLS_INFO } from '../info.ts';
import { stopReading } from './node-tls.ts';
import { tlsFailure } from './tls-failure.ts';

/** What {@link Secured} is made of. */
export interface SecuredParts {
  readonly tls: TLSSocket;
  /** What the engine stands on. */
  readonly stream: Duplex;
  readonly below: Transport;
  readonly limits: SocketLimits;
  readonly info: TlsInfo;
  readonly maxText: number;
  /** See `Opening.settled`. */
  readonly settled: (() => Promise<void>) | undefined;
  /** Breaks off what lies below. */
  readonly abortLower: (() => void) | undefined;
}

/** What the transport over an engine needs for as long as the connection lives. Nothing else of the handshake is kept: it was a KiB for each connection. */
export class Secured implements DuplexTransportOptions {
  readonly local: Endpoint | undefined;
  readonly remote: Endpoint | undefined;
  readonly limits: SocketLimits;
  readonly #parts: SecuredParts;

  constructor(parts: SecuredParts) {
    const { below, limits } = parts;
    this.local = below.local;
    this.remote = below.remote;
    this.limits = limits;
    this.#parts = parts;
  }

  get<T>(key: InfoKey<T>): T | undefined {
    if (key.symbol === TLS_INFO.symbol) return this.#parts.info as T;
    // A layer below may learn as well, but what this one learns is what is expensive.
    if (key.symbol === SETTLED.symbol) return this.#parts.settled?.() as T | undefined;
    return key.passes === true ? this.#parts.below.get(key) : undefined;
  }

  mapError(error: unknown, phase: Phase): Error {
    return tlsFailure(error, { endpoint: this.remote, established: true, phase, maxText: this.#parts.maxText });
  }

  abort(): void {
    abortBelow(this.#parts.tls, this.#parts.abortLower);
  }

  giveUp(): void {
    endBelow(this.#parts.tls, this.#parts.stream);
  }
}

/**
 * Breaks off the connection below the engine. Not at once: this may run inside one of the engine's own calls, and taking the handle
 * from under it there ends the process.
 */
export function abortBelow(tls: TLSSocket, abortLower: (() => void) | undefined): void {
  setImmediate(() => {
    abortLower?.();
    tls.destroy();
  });
}

/**
 * Ends the connection behind the engine's alert, and closes it a moment later. A close with bytes unread is a reset, and a peer that is
 * still sending hears of the reset before it reads the alert.
 */
function endBelow(tls: TLSSocket, stream: Duplex): void {
  if (tls.destroyed || stream.destroyed) return void tls.destroy();
  stopReading(tls);
  stream.end();
  const timer = setTimeout(() => tls.destroy(), ALERT_MS);
  tls.once('close', () => clearTimeout(timer));
}

const ALERT_MS = 100;
