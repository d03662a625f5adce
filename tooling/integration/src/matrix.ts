import { afterAll, beforeAll } from 'vitest';
import type { Certificates } from './certificates.ts';
import { makeCertificates } from './certificates.ts';

/** A version of TLS, as people write it. */
export type Version = '1.2' | '1.3';
/** The type of the keys of everybody: both authorities, the server and the client. */
export type Keys = 'RSA' | 'EC';
/** Whether the server asks for a client certificate. */
export type Shown = 'client certificates' | 'server certificate alone';

const VERSIONS: readonly Version[] = ['1.2', '1.3'];
const KEYS: readonly Keys[] = ['RSA', 'EC'];
const SHOWN: readonly Shown[] = ['server certificate alone', 'client certificates'];

/** Every program with every version, type of key, and with and without client certificates, for `test.each`. */
export function everyCell<P extends { readonly name: string }>(programs: readonly P[]): [Version, Keys, string, Shown, P][] {
  return programs.flatMap((program) =>
    VERSIONS.flatMap((version) => KEYS.flatMap((keys) => SHOWN.map((shown): [Version, Keys, string, Shown, P] => [version, keys, program.name, shown, program]))),
  );
}

/** Every program with every version. */
export function everyVersion<P extends { readonly name: string }>(programs: readonly P[]): [Version, string, P][] {
  return programs.flatMap((program) => VERSIONS.map((version): [Version, string, P] => [version, program.name, program]));
}

/** The certificates of the tests of a file, made once for each type of key: RSA keys take a second. */
export function certificatesOfFile(): (keys: Keys) => Certificates {
  const made = new Map<Keys, Certificates>();
  beforeAll(async () => {
    for (const keys of KEYS) made.set(keys, await makeCertificates(keys === 'RSA' ? 'rsa' : 'ec'));
  });
  afterAll(async () => {
    for (const certificates of made.values()) await certificates[Symbol.asyncDispose]();
  });
  return (keys) => made.get(keys) as Certificates;
}
