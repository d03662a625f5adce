import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IssuedCertificate, KeyType } from '@sock/dev-certs';
import { createAuthority } from '@sock/dev-certs';

/** A server's and a client's certificate of one authority, below an intermediate, also as files for programs. */
export interface Certificates extends AsyncDisposable {
  readonly ca: string;
  readonly server: IssuedCertificate;
  readonly client: IssuedCertificate;
  /** For the client's key, but of an authority that nobody here trusts. */
  readonly stranger: IssuedCertificate;
  /**
   * Paths: `ca.pem`, `server.pem` (its chain), `above.pem` (the chain without its own), `server.key`, `client.pem`, `client.key`,
   * `stranger.pem` (its key is `client.key`), `stranger-ca.pem`.
   */
  readonly file: (name: CertificateFile) => string;
}

export type CertificateFile = 'ca.pem' | 'server.pem' | 'above.pem' | 'server.key' | 'client.pem' | 'client.key' | 'stranger.pem' | 'stranger-ca.pem';

/** Makes them for `localhost`, with keys of that type. */
export async function makeCertificates(keyType: KeyType): Promise<Certificates> {
  const root = createAuthority({ keyType });
  const authority = root.issueIntermediate({ keyType });
  const server = authority.issue({ names: ['localhost'], ips: ['127.0.0.1'], keyType });
  const client = authority.issue({ usage: 'client', commonName: 'worker', keyType });
  const stranger = createAuthority({ name: 'A stranger' }).issue({ usage: 'client', commonName: 'intruder', key: client.key });
  const folder = await mkdtemp(join(tmpdir(), 'sock-peers-'));
  const contents: Readonly<Record<CertificateFile, string>> = {
    'ca.pem': root.ca,
    'server.pem': server.chain,
    'above.pem': authority.chain,
    'server.key': server.key,
    'client.pem': client.chain,
    'client.key': client.key,
    'stranger.pem': stranger.chain,
    'stranger-ca.pem': stranger.ca,
  };
  await Promise.all(Object.entries(contents).map(([name, text]) => writeFile(join(folder, name), text, { mode: 0o600 })));
  return {
    ca: root.ca,
    server,
    client,
    stranger,
    file: (name) => join(folder, name),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
