import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAuthority, writeCertificate } from './index.ts';

const issued = createAuthority().issueIntermediate().issue({ names: ['localhost'] });
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sock-dev-certs-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

describe('writeCertificate', () => {
  it('writes chain, key and root into a directory that it makes', async () => {
    const files = await writeCertificate(join(dir, 'a', 'b'), issued);
    expect(files).toEqual({ cert: join(dir, 'a/b/cert.pem'), key: join(dir, 'a/b/key.pem'), ca: join(dir, 'a/b/ca.pem') });
    const [cert, key, ca] = await Promise.all([files.cert, files.key, files.ca].map((file) => readFile(file, 'utf8')));
    expect({ cert, key, ca }).toEqual({ cert: issued.chain, key: issued.key, ca: issued.ca });
  });

  it('puts the name before each file and leaves nothing else behind', async () => {
    await writeCertificate(dir, issued, { name: 'server' });
    expect((await readdir(dir)).toSorted()).toEqual(['server-ca.pem', 'server-cert.pem', 'server-key.pem']);
  });

  it('lets only the owner read the key, even where a file stood that all could read', async () => {
    await writeFile(join(dir, 'key.pem'), 'old');
    await chmod(join(dir, 'key.pem'), 0o666);
    const { key } = await writeCertificate(dir, issued);
    expect((await stat(key)).mode & 0o777).toBe(0o600);
    expect(await readFile(key, 'utf8')).toBe(issued.key);
  });

  it.each(['../server', 'a/b', '', '.hidden', '-x', 'a\0'])('refuses the name %j', async (name) => {
    const refusal = { code: 'ERR_SOCK_DEV_CERTS_OPTION', option: 'name', message: expect.stringContaining('allowed are letters') };
    await expect(writeCertificate(dir, issued, { name })).rejects.toThrow(expect.objectContaining(refusal));
    expect(await readdir(dir)).toEqual([]);
  });

  it('says what failed, with the cause, and leaves no draft', async () => {
    const { cert } = await writeCertificate(dir, issued);
    const through = { code: 'ERR_SOCK_DEV_CERTS_WRITE', option: 'dir', cause: expect.objectContaining({ code: 'ENOTDIR' }) };
    await expect(writeCertificate(join(cert, 'sub'), issued)).rejects.toThrow(expect.objectContaining(through));
    await rm(cert);
    await writeCertificate(join(dir, 'cert.pem'), issued);
    const onto = { code: 'ERR_SOCK_DEV_CERTS_WRITE', message: expect.stringContaining('could not write to') };
    await expect(writeCertificate(dir, issued)).rejects.toThrow(expect.objectContaining(onto));
    expect((await readdir(dir)).toSorted()).toEqual(['ca.pem', 'cert.pem', 'key.pem']);
  });
});
