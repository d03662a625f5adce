/** What carries the bytes. TLS is 1.3, or 1.2, with the same cipher suite for everybody. */
export type Carrier = 'tcp' | 'tls' | 'tls12';

/** What a client does over one connection. */
export type StreamKind =
  /** Sends and sends; the server counts, and acknowledges the end. */
  | 'bulk'
  /** The same, and the server sends everything back at the same time. */
  | 'mirrored'
  /** Small messages, without waiting while there is room. */
  | 'pipelined'
  /** Small messages, each waited for. */
  | 'awaited'
  /** There and back, one after the other. */
  | 'pings'
  /** Sends a file. */
  | 'file';

/**
 * What a client does that makes a connection for each step: dials, shakes hands, verifies the server, sends a byte, gets one and closes.
 * - `full`: certificates are shown each time; the sessions that the server gives are kept all the same
 * - `resumed`: each handshake resumes the session that the one before it brought
 */
export type HandshakeKind = 'full' | 'resumed';

/** A client dials, sends a byte, gets one and closes, one connection after the other. The client is measured, and the server is of the same program for all. */
export type DialKind = 'dials';

/**
 * What is done to a server by a client that is the same program for all contestants, because the server alone is measured:
 * - `lines`, `frames`: sends text lines, or frames with four bytes of length in front
 * - `accepts`: dials, is greeted with a byte and with the server's end, and leaves; 64 at a time
 * - `held`: dials, sends a byte, gets it back, and stays
 */
export type LoadKind = 'lines' | 'frames' | 'accepts' | 'held';

/** What is done in one run, step by step. */
export interface Work {
  readonly kind: StreamKind | HandshakeKind | DialKind | LoadKind;
  /** Bytes of one step. */
  readonly bytes: number;
  /** The caller keeps the buffer and waits until it may use it again. Default: **it is given away** */
  readonly lent?: boolean;
  /** Connections at the same time, which share the steps. Default: **1** */
  readonly connections?: number;
}

/** What a server does: counts a run and acknowledges its end, sends everything back (`mirror`: with back-pressure), reads messages, greets. */
export type Service = 'sink' | 'echo' | 'mirror' | 'lines' | 'frames' | 'greet' | 'handshakes';

/** The service that a work needs. */
export const SERVICE_OF: Readonly<Record<Work['kind'], Service>> = {
  bulk: 'sink',
  mirrored: 'mirror',
  pipelined: 'sink',
  awaited: 'sink',
  pings: 'echo',
  file: 'sink',
  full: 'handshakes',
  resumed: 'handshakes',
  dials: 'echo',
  lines: 'lines',
  frames: 'frames',
  accepts: 'greet',
  held: 'echo',
};

/** Whether it makes a connection for each step. */
export function isHandshakes(kind: Work['kind']): kind is HandshakeKind {
  return kind === 'full' || kind === 'resumed';
}

/** Whether the client is the same for everybody. */
export function isLoad(kind: Work['kind']): kind is LoadKind {
  return kind === 'lines' || kind === 'frames' || kind === 'accepts' || kind === 'held';
}

/** Certificates, PEM, all with P-256 keys; the server is `localhost`. And what else both sides of a contestant share. */
export interface Material {
  /** The server's own and an intermediate. */
  readonly chain: string;
  readonly key: string;
  readonly ca: string;
  /** A folder with the same as `chain.pem`, `key.pem` and `ca.pem`, and `file`, which is sent by those that send a file. */
  readonly folder: string;
}

/** The first of Sock's default suites; plain Node would choose AES-256, which is slower. */
export const CIPHER = 'TLS_AES_128_GCM_SHA256';
/** The same for TLS 1.2. */
export const CIPHER_12 = 'ECDHE-ECDSA-AES128-GCM-SHA256';
/** What a `lines` or `frames` client ends its run with: a message of one byte. */
export const LAST_MESSAGE = '.';
