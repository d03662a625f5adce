/** What carries the bytes. TLS is 1.3 with the same cipher suite for everybody. */
export type Carrier = 'tcp' | 'tls';

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
export type Work = 'bulk' | 'bulk16k' | 'bulkLent' | 'pipelined' | 'awaited' | 'pings';

/** Bytes of one step of each work. */
export const STEP_BYTES: Readonly<Record<Work, number>> = { bulk: 65_536, bulk16k: 16_384, bulkLent: 65_536, pipelined: 128, awaited: 128, pings: 64 };

/** Certificates, PEM. The server is `localhost`. */
export interface Material {
  readonly chain: string;
  readonly key: string;
  readonly ca: string;
}

/** The first of Sock's default suites; plain Node would choose AES-256, which is slower. */
export const CIPHER = 'TLS_AES_128_GCM_SHA256';

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
}
