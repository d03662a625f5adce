import { randomFillSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '@sock/dev-certs';
import type { Figure } from './figure.ts';
import type { Material } from './work.ts';

/** A folder for one run of the bench, with what its processes share. It is removed in the end. */
export class Workplace implements AsyncDisposable {
  readonly material: Material;

  private constructor(material: Material) {
    this.material = material;
  }

  /** Only for figures that send a file is one written. */
  static async open(figures: readonly Figure[]): Promise<Workplace> {
    const { chain, key, ca } = createAuthority().issueIntermediate().issue({ names: ['localhost'] });
    const folder = await mkdtemp(join(tmpdir(), 'sock-bench-'));
    const workplace = new Workplace({ chain, key, ca, folder });
    const size = Math.max(0, ...figures.map((figure) => (figure.kind === 'stream' && figure.work.kind === 'file' ? figure.work.bytes : 0)));
    await Promise.all([
      writeFile(join(folder, 'chain.pem'), chain),
      writeFile(join(folder, 'key.pem'), key, { mode: 0o600 }),
      writeFile(join(folder, 'ca.pem'), ca),
      writeFile(join(folder, 'file'), randomFillSync(new Uint8Array(size))),
    ]);
    return workplace;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.material.folder, { recursive: true, force: true });
  }
}
