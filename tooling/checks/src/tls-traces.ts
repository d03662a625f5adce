import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build, transform } from 'esbuild';

const TLS_MODULE = /\b_?(?:tls|crypto|https|http2)(?:_|\b)/;

/** Modules of Node for TLS or cryptography in `loaded` (a `process.moduleLoadList`) that a usual program does not load. */
export function moduleTraces(usual: readonly string[], loaded: readonly string[]): string[] {
  return loaded.filter((name) => TLS_MODULE.test(name) && !usual.includes(name));
}

/** Words that only TLS code has. A message to people may still say "TLS". */
const TLS_WORDS = /TlsError|TLS_[A-Z]|ERR_SOCK_TLS\w*|[sS]ecureContext|SNICallback|ALPN\w+|(?:node:)?(?:tls|crypto)['"]/g;

/** What a tree-shaken bundle is made of. */
export interface BundleTraces {
  /** Signs of TLS in it, for people. */
  readonly traces: string[];
  /** Minified, in bytes. */
  readonly minified: number;
  /** Minified and gzipped, in bytes. */
  readonly gzipped: number;
}

/** Bundles a program and looks for TLS in the modules that it is made of, in its imports and in its words. */
export async function bundleTraces(program: string, output: string): Promise<BundleTraces> {
  const { metafile } = await build({
    entryPoints: [program],
    outfile: output,
    bundle: true,
    // A minifier renames classes, and their words with them; sizes are taken afterwards.
    minify: false,
    treeShaking: true,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
  });
  const text = readFileSync(output, 'utf8');
  const inputs = Object.keys(metafile.inputs).filter((path) => path.includes('tls-context'));
  const imports = Object.values(metafile.outputs).flatMap((made) => made.imports.map(({ path }) => path)).filter((path) => TLS_MODULE.test(path));
  const words = new Set(text.match(TLS_WORDS));
  const traces = [
    ...inputs.map((path) => `the file ${path}`),
    ...imports.map((path) => `an import of ${path}`),
    ...[...words].map((word) => `the word ${word}`),
  ];
  const { code } = await transform(text, { minify: true, format: 'esm', target: 'node20' });
  return { traces, minified: code.length, gzipped: gzipSync(code, { level: 9 }).length };
}
