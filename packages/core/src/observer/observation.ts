import type { Endpoint } from '../endpoint.ts';
import type { Socket } from '../socket.ts';
import type { CloseReason } from '../transport.ts';

/** One operation: the same object in each of its phases, so that a watcher may keep something by it. What is not known yet is `undefined`. */
export interface Observation {
  /** The peer: where it was dialled to, else its address. */
  endpoint: Endpoint | undefined;
  /** When it began: `performance.now()`. */
  readonly startedAt: number;
  /** From the beginning to the end, in milliseconds. */
  durationMs: number | undefined;
  /** The call gave a promise for it; else it was over when the call returned. */
  readonly waited: boolean;
  /** Why it failed, and the `code` of that error if it has one. */
  error: unknown;
  code: string | undefined;
}

/** A dial. */
export interface ConnectObservation extends Observation {
  /** What was asked for, as it was given. */
  readonly target: unknown;
  /** The connection, at the end. */
  socket: Socket | undefined;
}

/** A connection that came in. */
export interface AcceptObservation extends Observation {
  readonly socket: Socket;
  /** Where it was accepted. */
  readonly listener: Endpoint;
}

/** An upgrade: a TLS handshake, a proxy's greeting. */
export interface HandshakeObservation extends Observation {
  /** The upgrade's name: `tls`, `socks5`. */
  readonly layer: string;
  readonly target: unknown;
  /** The socket above the layer, at the end: ask it for the layer's facts, `socket.get(TLS_INFO)` for one. */
  socket: Socket | undefined;
}

/** Bytes that a program sent or received by one call. */
export interface TransferObservation extends Observation {
  readonly socket: Socket;
  /** Of a send, what is to be sent, and after a failure what was; of a receive what it got. */
  bytes: number;
}

/** A connection that is over. */
export interface CloseObservation extends Observation {
  readonly socket: Socket;
  readonly reason: CloseReason;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** Those who watch one kind of operation. They run within the calls of the program: quick, and what they throw is dropped. */
export interface Watch<O extends Observation = Observation> {
  /** Asked before each operation; while it is false, nothing else is called. Default: **watched always** */
  readonly enabled?: (() => boolean) | undefined;
  /** It begins: in the context of the caller, before anything is done. */
  readonly start?: ((observation: O) => void) | undefined;
  /** Must call `work` once and return what it returns: for stores that hold during the call. Default: **`work` is called** */
  readonly around?: (<T>(observation: O, work: () => T) => T) | undefined;
  /** It failed; `end` follows. */
  readonly error?: ((observation: O) => void) | undefined;
  /** It is over, whichever way: before whoever waits for it goes on. */
  readonly end?: ((observation: O) => void) | undefined;
}

/** What is to be seen. All of it is optional. */
export interface Observer {
  /** A socket is observed once by each name. */
  readonly name: string;
  readonly connect?: Watch<ConnectObservation> | undefined;
  readonly accept?: Watch<AcceptObservation> | undefined;
  readonly handshake?: Watch<HandshakeObservation> | undefined;
  /** Each call that gave bytes to a socket; calls that are refused at once (a closed socket, no room for `trySend`) are not told. */
  readonly send?: Watch<TransferObservation> | undefined;
  /** Each call that took bytes from a socket, or waited for them. */
  readonly recv?: Watch<TransferObservation> | undefined;
  /** The end of a connection, once, however it came: `error` for a reset, a time-out and a fault. `durationMs` is the time that it was observed. */
  readonly close?: Watch<CloseObservation> | undefined;
}
