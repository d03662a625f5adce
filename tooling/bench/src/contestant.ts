/** What carries the bytes. TLS is 1.3, or 1.2, with the same cipher suite for everybody. */
export type Carrier = 'tcp' | 'tls' | 'tls12';

/** What a server does: counts a run and acknowledges its end, or sends everything back. */
export type Service = 'sink' | 'echo';

/**
 * What a client does:
 * - `bulk`: 64 KiB at a time, the buffer given away
 * - `bulk16k`: the same with 16 KiB, a TLS record and what many streams give at a time
 * - `bulkLent`: 64 KiB at a time, the caller keeps the buffer and waits until it may be used again
 * - `pipelined`: 128 B at a time, without waiting while there is room
 * - `awaited`: 128 B at a time, each waited for
 * - `pings`: 64 B there and back, one after the other
 */
export type StreamWork = 'bulk' | 'bulk16k' | 'bulkLent' | 'pipelined' | 'awaited' | 'pings';

/**
 * What a client does that makes a connection for each step: dials, shakes hands, verifies the server, sends a byte, gets one and closes.
 * - `full`: certificates are shown each time; the sessions that the server gives are kept all the same
 * - `resumed`: each handshake resumes the session that the one before it brought
 */
export type HandshakeWork = 'full' | 'resumed';

export type Work = StreamWork | HandshakeWork;

/** Whether it makes a connection for each step. */
export function isHandshakes(work: Work): work is HandshakeWork {
  return work === 'full' || work === 'resumed';
}

/** Bytes of one step of each work. */
export const STEP_BYTES: Readonly<Record<Work, number>> = { bulk: 65_536, bulk16k: 16_384, bulkLent: 65_536, pipelined: 128, awaited: 128, pings: 64, full: 1, resumed: 1 };

/** Certificates, PEM, all with P-256 keys. The server is `localhost`. */
export interface Material {
  /** The server's own and an intermediate. */
  readonly chain: string;
  readonly key: string;
  readonly ca: string;
}

/** The first of Sock's default suites; plain Node would choose AES-256, which is slower. */
export const CIPHER = 'TLS_AES_128_GCM_SHA256';
/** The same for TLS 1.2. */
export const CIPHER_12 = 'ECDHE-ECDSA-AES128-GCM-SHA256';

/** The client's end of one connection. */
export interface Client {
  /**
   * Does `count` steps and resolves when the server has all of them.
   *
   * @returns the time of each ping in microseconds; nothing for the other works
   */
  run(work: Work, count: number): Promise<number[] | undefined>;
  close(): Promise<void>;
}

/** A way to write the same program. Both ends of its connections are written that way. */
export interface Contestant {
  /** Serves on a free port of loopback until the process ends. */
  listen(carrier: Carrier, service: Service, material: Material): Promise<number>;
  connect(carrier: Carrier, port: number, material: Material): Promise<Client>;
  /**
   * Serves handshakes, as `listen`: sends each byte back.
   *
   * @param shaken - told of each handshake, whether it resumed a session
   */
  listenForHandshakes(carrier: Carrier, material: Material, shaken: (resumed: boolean) => void): Promise<number>;
  /**
   * A client whose steps are connections, one after the other. It throws when a server was not verified, or a handshake was not what `work`
   * says; only the first one of `resumed` has nothing to resume.
   */
  handshakes(carrier: Carrier, port: number, material: Material, work: HandshakeWork): Promise<Client>;
}

/** Throws unless a handshake was what it should be; `first` = there was nothing yet to resume. */
export function checkHandshake(work: HandshakeWork, first: boolean, { verified, resumed }: { readonly verified: boolean; readonly resumed: boolean }): void {
  if (!verified) throw new Error('a server was not verified');
  if (resumed !== (work === 'resumed' && !first)) throw new Error(resumed ? 'a session was resumed where a full handshake was asked for' : 'a session was not resumed');
}
