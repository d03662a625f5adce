import { randomFillSync } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '@sock/dev-certs';
import type { Figure } from './figure.ts';
import type { Material } from './work.ts';

/** What all processes of one run of the bench share, in a folder that goes when this process ends, however it does. Only for figures that send a file there is one. */
export async function openWorkplace(figures: readonly Figure[]): Promise<Material> {
  const { chain, key, ca } = createAuthority().issueIntermediate().issue({ names: ['localhost'] });
  const folder = await mkdtemp(join(tmpdir(), 'sock-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const size = Math.max(0, ...figures.map((figure) => (figure.kind === 'stream' && figure.work.kind === 'file' ? figure.work.bytes : 0)));
  await Promise.all([
    writeFile(join(folder, 'chain.pem'), chain),
    writeFile(join(folder, 'key.pem'), key, { mode: 0o600 }),
    writeFile(join(folder, 'ca.pem'), ca),
    writeFile(join(folder, 'file'), randomFillSync(new Uint8Array(size))),
  ]);
  return { chain, key, ca, folder };
}
