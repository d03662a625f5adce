import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '@sock/dev-certs';
import { isSocketError } from '@sock/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ClientContextOptions, ServerContextOptions } from '../index.ts';
import { createClientContext, createServerContext } from '../index.ts';

const authority = createAuthority();
const intermediate = authority.issueIntermediate();
const good = intermediate.issue({ names: ['localhost'] });
const other = authority.issue({ names: ['localhost'] });
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sock-context-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

function refusal(make: () => unknown): { code: string; message: string; phase: string; cause?: unknown } {
  try {
    make();
  } catch (error) {
    if (isSocketError(error)) return error;
    throw error;
  }
  throw new Error('the context was made');
}

const server = (options: Partial<ServerContextOptions>): (() => unknown) => () => createServerContext({ cert: good.chain, key: good.key, ...options });
const client = (options: ClientContextOptions): (() => unknown) => () => createClientContext(options);

test('text, bytes, DER and files make the same context', async () => {
  await writeFile(join(folder, 'chain.pem'), good.chain);
  await writeFile(join(folder, 'key.pem'), good.key);
  const keys = [
    createServerContext({ cert: good.chain, key: good.key }),
    createServerContext({ cert: Buffer.from(good.chain), key: Buffer.from(good.key) }),
    createServerContext({ cert: { file: join(folder, 'chain.pem') }, key: { file: join(folder, 'key.pem') } }),
    createServerContext({ cert: good.der, key: good.key }),
  ].map((context) => context.key(undefined));
  expect(new Set(keys).size).toBe(1);
});

test('one file may hold the chain and the key', () => {
  const both = `${good.key}${good.chain}`;
  expect(createServerContext({ cert: both, key: both }).role).toBe('server');
});

test('an encrypted key opens with its passphrase alone', () => {
  const key = good.encryptedKey('s3cret');
  expect(createServerContext({ cert: good.chain, key, passphrase: 's3cret' }).role).toBe('server');
  expect(refusal(server({ key }))).toMatchObject({ code: 'ERR_SOCK_TLS_PASSPHRASE', message: expect.stringContaining('encrypted: give its passphrase') });
  const wrong = refusal(server({ key, passphrase: 'guess' }));
  expect(wrong).toMatchObject({ code: 'ERR_SOCK_TLS_PASSPHRASE', message: expect.stringContaining('passphrase does not open') });
  expect(wrong.message).not.toContain('guess');
});

test('a key that does not match is refused, and a chain in the wrong order is told as such', () => {
  expect(refusal(server({ key: other.key }))).toMatchObject({ code: 'ERR_SOCK_TLS_KEY_MISMATCH', message: expect.stringContaining('belongs to another certificate') });
  const [leaf, above] = good.chain.split(/(?<=-----END CERTIFICATE-----\n)/);
  const turned = refusal(server({ cert: `${above}${leaf}` }));
  expect(turned).toMatchObject({ code: 'ERR_SOCK_TLS_KEY_MISMATCH', message: expect.stringContaining('stands at place 2 of the chain') });
});

test('a truncated file is refused with its name and line', async () => {
  const file = join(folder, 'cut.pem');
  await writeFile(file, `# a comment\n${good.chain.slice(0, 300)}`);
  expect(refusal(server({ cert: { file } }))).toMatchObject({ code: 'ERR_SOCK_TLS_PEM', message: expect.stringContaining(`${file}, line 2: `) });
});

test('a certificate with damaged bytes is refused with its line', () => {
  const damaged = good.cert.replace(/\n.{8}/, '\nAAAAAAAA');
  expect(refusal(client({ ca: damaged }))).toMatchObject({ code: 'ERR_SOCK_TLS_PEM', message: expect.stringContaining('line 1: this is no certificate') });
});

test('an authority that cannot be had is an error, never the system\'s trust in its place', async () => {
  const missing = join(folder, 'missing.pem');
  expect(refusal(client({ ca: { file: missing } }))).toMatchObject({ code: 'ERR_SOCK_TLS_MATERIAL', message: expect.stringContaining(missing) });
  expect(refusal(client({ ca: [] }))).toMatchObject({ code: 'ERR_SOCK_TLS_MATERIAL', message: expect.stringContaining('trusts nobody') });
  expect(refusal(client({ ca: undefined } as unknown as ClientContextOptions))).toMatchObject({ code: 'ERR_SOCK_TLS_OPTION', message: expect.stringContaining('given as undefined') });
  expect(refusal(server({ ca: undefined } as unknown as ServerContextOptions)).code).toBe('ERR_SOCK_TLS_OPTION');
  expect(refusal(client({ ca: '' }))).toMatchObject({ code: 'ERR_SOCK_TLS_PEM', message: expect.stringContaining('empty') });
  expect(refusal(client({ ca: [authority.ca, good.key] }))).toMatchObject({ code: 'ERR_SOCK_TLS_PEM', message: expect.stringContaining('ca[1]: ') });
  const folderAsFile = refusal(client({ ca: { file: folder } }));
  expect(folderAsFile).toMatchObject({ code: 'ERR_SOCK_TLS_MATERIAL', message: expect.stringContaining('EISDIR') });
});

test('options that are unknown, incomplete or contradict each other are named', () => {
  const odd = (options: object): (() => unknown) => client(options);
  expect(refusal(odd({ minVersoin: 'TLSv1.3' }))).toMatchObject({ code: 'ERR_SOCK_TLS_OPTION', message: expect.stringContaining('did you mean minVersion?') });
  expect(refusal(odd({ rejectUnauthorized: false })).code).toBe('ERR_SOCK_TLS_OPTION');
  expect(refusal(odd({ minVersion: 'TLSv1.1' }))).toMatchObject({ code: 'ERR_SOCK_CONFIG', message: expect.stringContaining('TLSv1.2') });
  expect(refusal(client({ cert: good.chain })).message).toContain('key: cert and key are given together');
  expect(refusal(client({ minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' })).message).toContain('no version is left');
  expect(refusal(server({ verify: 'peer' })).message).toContain('needs the authorities of the clients');
  expect(refusal(server({ verify: 'none', ca: authority.ca })).message).toContain('never uses them');
  expect(refusal(server({ verify: 'sometimes' as 'peer' })).message).toContain('none, peer, require');
  expect(refusal(() => createServerContext({ cert: good.chain })).message).toContain('key: a server needs');
});

test('application protocols stay within the limits of ALPN', () => {
  expect(refusal(client({ alpn: [''] })).message).toContain('1 to 255');
  expect(refusal(client({ alpn: ['x'.repeat(256)] })).message).toContain('1 to 255');
  expect(refusal(client({ alpn: ['h2', 'h2'] })).message).toContain('twice');
  expect(refusal(client({ alpn: Array.from({ length: 17 }, (_, index) => `p${index}`) })).message).toContain('16 at most');
  expect(createClientContext({ alpn: ['x'.repeat(255)] }).role).toBe('client');
});

test('connections of different trust have different keys', () => {
  const target = { host: 'localhost', port: 443 };
  const contexts = [
    createClientContext(),
    createClientContext({ ca: authority.ca }),
    createClientContext({ ca: createAuthority().ca }),
    createClientContext({ ca: authority.ca, minVersion: 'TLSv1.3' }),
    createClientContext({ ca: authority.ca, alpn: ['h2'] }),
    createClientContext({ ca: authority.ca, maxChainDepth: 1 }),
    createClientContext({ ca: authority.ca, cert: good.chain, key: good.key }),
    createClientContext({ ca: authority.ca, serverName: 'other.test' }),
  ];
  expect(new Set(contexts.map((context) => context.key(target))).size).toBe(contexts.length);
  expect(createClientContext({ ca: authority.ca }).key(target)).toBe(createClientContext({ ca: [authority.ca] }).key(target));
});

test('a file that may not be read is named', async () => {
  const file = join(folder, 'private.pem');
  await writeFile(file, good.key);
  await chmod(file, 0o000);
  // The superuser reads it all the same: then the context must come about.
  const made = (): unknown => createServerContext({ cert: good.chain, key: { file } });
  if (process.getuid?.() === 0) expect(made()).toBeDefined();
  else expect(refusal(made)).toMatchObject({ code: 'ERR_SOCK_TLS_MATERIAL', message: expect.stringContaining(file) });
});
