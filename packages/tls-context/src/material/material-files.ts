import type { Authorities } from './authorities.ts';
import type { CertificateOptions } from './own-certificate.ts';

/** Options that may name files. */
export interface MaterialOptions extends CertificateOptions {
  readonly ca?: Authorities | undefined;
  readonly certificates?: readonly CertificateOptions[] | undefined;
}

/** Every file and directory that the options of a context name, each once, for watching. */
export function materialFiles(options: MaterialOptions): string[] {
  const ca = Array.isArray(options.ca) ? options.ca : [options.ca];
  const materials: unknown[] = [options, ...(options.certificates ?? [])].flatMap(({ cert, key, pfx }) => [cert, key, ...(pfx?.files ?? []).map((file) => ({ file }))]);
  return [...new Set([...materials, ...ca].flatMap(pathOf))];
}

function pathOf(material: unknown): string[] {
  if (typeof material !== 'object' || material === null) return [];
  const { file, directory } = material as { file?: unknown; directory?: unknown };
  return [file, directory].filter((path) => typeof path === 'string');
}
