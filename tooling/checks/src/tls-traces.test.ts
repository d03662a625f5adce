import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundleTraces, moduleTraces } from './tls-traces.ts';

const loadedBy = (code: string): string[] => {
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', `${code}; console.log(JSON.stringify(process.moduleLoadList))`], { encoding: 'utf8' });
  return JSON.parse(stdout) as string[];
};

describe('the modules that a program loads', () => {
  const usual = loadedBy("await import('node:net')");

  it('show nothing when it has sockets only', () => {
    expect(moduleTraces(usual, loadedBy("await import('node:net'); await import('node:fs')"))).toEqual([]);
  });

  it.each(['tls', 'crypto', 'https'])('show node:%s', (name) => {
    expect(moduleTraces(usual, loadedBy(`await import('node:${name}')`))).toContain(`NativeModule ${name}`);
  });

  it('are compared with what a usual program loads anyway', () => {
    expect(moduleTraces(['NativeModule crypto'], ['NativeModule crypto'])).toEqual([]);
  });
});

describe('a bundle', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'sock-bundle-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const traces = async (code: string): Promise<readonly string[]> => {
    writeFileSync(join(folder, 'tls-context.js'), 'export class TlsError extends Error {}\nexport const unused = "TLS_INFO";\n');
    writeFileSync(join(folder, 'program.mjs'), code);
    return (await bundleTraces(join(folder, 'program.mjs'), join(folder, 'bundle.mjs'))).traces;
  };

  it('without TLS shows nothing, even when its messages speak of TLS', async () => {
    expect(await traces("import { connect } from 'node:net'; connect(1).on('error', () => console.log('is this a TLS port?'));")).toEqual([]);
  });

  it('shows an import of a builtin', async () => {
    expect(await traces("import { connect } from 'node:tls'; connect(1);")).toContain('an import of node:tls');
  });

  it('shows a dynamic import', async () => {
    expect(await traces("await import('node:crypto');")).toContain('an import of node:crypto');
  });

  it('shows the files and the words of the TLS package', async () => {
    expect(await traces("import { TlsError } from './tls-context.js'; console.log(new TlsError());")).toEqual([
      expect.stringMatching(/^the file .*tls-context\.js$/),
      'the word TlsError',
    ]);
    expect(await traces("console.log('ERR_SOCK_TLS_VERIFY', class TlsError {})")).toEqual(['the word ERR_SOCK_TLS_VERIFY', 'the word TlsError']);
  });
});
