import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CChild } from './c-child.ts';

/** The program in C: where it is and which OpenSSL it runs on, or why there is none. */
export type CProgram = { readonly program: string; readonly openssl: string } | { readonly missing: string };

const SOURCES: string = /*#__PURE__*/ fileURLToPath(/*#__PURE__*/ new URL('../c/', import.meta.url));
const run = /*#__PURE__*/ promisify(execFile);

/**
 * Compiles `c/*.c` into `folder`. A machine that cannot is no fault: those figures are not measured then.
 *
 * @param compiler - default: **`$CC`, else `cc`**
 */
export async function compileC(folder: string, compiler: string = process.env['CC'] ?? 'cc'): Promise<CProgram> {
  const program = join(folder, 'contestant-c');
  const sources = (await readdir(SOURCES)).filter((name) => name.endsWith('.c')).map((name) => join(SOURCES, name));
  try {
    await run(compiler, ['-O2', '-Wall', '-o', program, ...sources, '-lssl', '-lcrypto', '-lpthread']);
  } catch (error) {
    return { missing: whyNot(compiler, error as Failure) };
  }
  await using child = new CChild(program);
  return { program, openssl: await child.openssl() };
}

interface Failure {
  readonly code?: unknown;
  readonly stderr?: string;
}

function whyNot(compiler: string, { code, stderr = '' }: Failure): string {
  if (code === 'ENOENT') return `there is no C compiler (${compiler})`;
  if (/openssl\/\w+\.h/.test(stderr)) return 'there are no headers of OpenSSL (libssl-dev)';
  return `${compiler} failed: ${stderr.split('\n').find((line) => line.includes('error')) ?? String(code)}`;
}
