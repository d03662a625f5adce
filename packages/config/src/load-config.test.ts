import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError } from './errors.ts';
import { list } from './list-field.ts';
import { loadConfig, type LoadOptions } from './load-config.ts';
import { bytes, duration, int } from './number-fields.ts';
import { section } from './section.ts';
import { boolean, oneOf, string } from './text-fields.ts';

const tls = section('tls', {
  minVersion: oneOf(['TLSv1.2', 'TLSv1.3'], { default: 'TLSv1.2', doc: '' }),
  password: string({ secret: true, doc: '' }),
  protocols: list(string({ doc: '' }), { default: ['h2'], doc: '' }),
  strict: boolean({ default: true, doc: '' }),
});
const pool = section('pool', {
  maxIdle: int({ default: 8, min: 1, max: 1000, doc: '' }),
  idleTimeout: duration({ default: '30s', doc: '' }),
  buffer: bytes({ default: '64KiB', doc: '' }),
});
const sections = [tls, pool] as const;

const folder = mkdtempSync(join(tmpdir(), 'sock-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function file(text: string | Uint8Array): string {
  const path = join(folder, `${++files}.json`);
  writeFileSync(path, text);
  return path;
}

/** The error of a load that must fail. */
function failure(options: Omit<LoadOptions<typeof sections>, 'sections'>): ConfigError {
  try {
    loadConfig({ sections, ...options });
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('values', () => {
  it('are the defaults when no source has anything', () => {
    const config = loadConfig({ sections });
    expect(config.get(tls)).toEqual(tls.defaults);
    expect(config.get(pool)).toEqual(pool.defaults);
    expect(config.source(pool, 'maxIdle')).toEqual({ kind: 'default' });
  });

  it('come from code before environment before file before default', () => {
    const path = file('{ "pool": { "maxIdle": 1,\n "idleTimeout": "1s",\n "buffer": "1KiB" } }');
    const env = { SOCK_POOL_MAX_IDLE: '2', SOCK_POOL_IDLE_TIMEOUT: '2s', HOME: '/', SOCKS_PROXY: 'x' };
    const config = loadConfig({ sections, file: path, env, values: { pool: { maxIdle: 3 } } });
    expect(config.get(pool)).toEqual({ maxIdle: 3, idleTimeout: 2000, buffer: 1024 });
    expect(config.source(pool, 'maxIdle')).toEqual({ kind: 'value' });
    expect(config.source(pool, 'idleTimeout')).toEqual({ kind: 'env', name: 'SOCK_POOL_IDLE_TIMEOUT' });
    expect(config.source(pool, 'buffer')).toEqual({ kind: 'file', path, line: 3 });
    expect(config.source(tls, 'strict')).toEqual({ kind: 'default' });
  });

  it('any mixture of sources obeys the precedence', () => {
    const numbers = fc.option(fc.record({ maxIdle: fc.integer({ min: 1, max: 1000 }), buffer: fc.nat(), idleTimeout: fc.nat() }, { requiredKeys: [] }), { nil: undefined });
    const ENV = { maxIdle: 'SOCK_POOL_MAX_IDLE', buffer: 'SOCK_POOL_BUFFER', idleTimeout: 'SOCK_POOL_IDLE_TIMEOUT' } as const;
    fc.assert(
      fc.property(numbers, numbers, numbers, (values, env, inFile) => {
        const path = inFile && file(JSON.stringify({ pool: inFile }));
        const variables = env && Object.fromEntries(Object.entries(env).map(([key, value]) => [ENV[key as keyof typeof ENV], String(value)]));
        const config = loadConfig({ sections, values: values && { pool: values }, env: variables, file: path });
        for (const key of ['maxIdle', 'buffer', 'idleTimeout'] as const) {
          const [kind, value] =
            values?.[key] !== undefined ? ['value', values[key]]
            : env?.[key] !== undefined ? ['env', env[key]]
            : inFile?.[key] !== undefined ? ['file', inFile[key]]
            : ['default', pool.defaults[key]];
          expect(config.get(pool)[key]).toBe(value);
          expect(config.source(pool, key).kind).toBe(kind);
        }
      }),
    );
  });

  it('undefined in code and in the environment means: ask the next source', () => {
    const config = loadConfig({ sections, values: { pool: { maxIdle: undefined }, tls: undefined }, env: { SOCK_POOL_MAX_IDLE: '5', SOCK_POOL_BUFFER: undefined } });
    expect(config.get(pool)).toEqual({ ...pool.defaults, maxIdle: 5 });
  });

  it('every kind has a text form in the environment', () => {
    const config = loadConfig({
      sections,
      env: { SOCK_TLS_MIN_VERSION: 'TLSv1.3', SOCK_TLS_PASSWORD: ' p ', SOCK_TLS_PROTOCOLS: 'h2, http/1.1', SOCK_TLS_STRICT: '0', SOCK_POOL_BUFFER: '1MiB' },
    });
    expect(config.get(tls)).toEqual({ minVersion: 'TLSv1.3', password: ' p ', protocols: ['h2', 'http/1.1'], strict: false });
    expect(config.get(pool).buffer).toBe(1_048_576);
  });

  it('are frozen', () => {
    expect(Object.isFrozen(loadConfig({ sections, values: { pool: { maxIdle: 1 } } }).get(pool))).toBe(true);
  });

  it('of a section that was not loaded are refused', () => {
    const other = section('other', { a: int({ default: 1, doc: '' }) });
    const config = loadConfig({ sections });
    const refused = expect.objectContaining({ code: 'ERR_SOCK_CONFIG', problems: [expect.objectContaining({ key: 'other', allowed: 'tls, pool' })] });
    expect(() => config.get(other as never)).toThrow(refused);
    expect(() => config.source(other as never, 'a')).toThrow(refused);
    expect(() => config.source(pool, 'constructor' as never)).toThrow('pool.constructor');
  });
});

describe('environment', () => {
  it('an unknown variable of a known section names the nearest known one', () => {
    expect(failure({ env: { SOCK_TLS_MIN_VERSOIN: 'hunter2' } }).problems).toEqual([
      {
        key: 'SOCK_TLS_MIN_VERSOIN',
        source: { kind: 'env', name: 'SOCK_TLS_MIN_VERSOIN' },
        found: 'an unknown name',
        allowed: 'SOCK_TLS_MIN_VERSION, SOCK_TLS_PASSWORD, SOCK_TLS_PROTOCOLS, SOCK_TLS_STRICT',
        nearest: 'SOCK_TLS_MIN_VERSION',
      },
    ]);
  });

  it('a variable of an unknown section is refused too', () => {
    expect(failure({ env: { SOCK_TLSS_STRICT: '1', SOCK_DEBUG: '1' } }).problems).toMatchObject([
      { key: 'SOCK_TLSS_STRICT', nearest: 'SOCK_TLS_STRICT', allowed: 'SOCK_TLS_*, SOCK_POOL_*' },
      { key: 'SOCK_DEBUG', allowed: 'SOCK_TLS_*, SOCK_POOL_*' },
    ]);
  });

  it('an empty variable is a mistake, not a default', () => {
    expect(failure({ env: { SOCK_TLS_PASSWORD: '', SOCK_TLS_PROTOCOLS: '' } }).problems).toMatchObject([
      { key: 'tls.password', source: { name: 'SOCK_TLS_PASSWORD' }, found: '""', allowed: 'text, 1 to 4096 characters; unset the variable for the default' },
      { key: 'tls.protocols', found: '""' },
    ]);
  });

  it.each(['1e1', ' 5', '5 ', '0x5', 'NaN', 'Infinity', '-1', '1.5', '1001', '9007199254740993'])('maxIdle=%j is refused', (value) => {
    expect(failure({ env: { SOCK_POOL_MAX_IDLE: value } }).message).toBe(
      `Invalid configuration:\n  pool.maxIdle: found ${JSON.stringify(value)} in environment variable SOCK_POOL_MAX_IDLE; allowed: whole number, 1 to 1000`,
    );
  });

  it('two fields that would share a variable are refused', () => {
    const field = int({ default: 1, doc: '' });
    const clash = [section('a', { bC: field }), section('aB', { c: field })] as const;
    expect(() => loadConfig({ sections: clash, env: {} })).toThrow(
      'aB.c: found the variable of a.bC in environment variable SOCK_A_B_C; allowed: a variable of its own',
    );
  });
});

describe('file', () => {
  it('a missing file is an error that names the path, and keeps its cause', () => {
    const path = join(folder, 'missing.json');
    const error = failure({ file: path });
    expect(error.problems).toEqual([
      { key: 'file', source: { kind: 'file', path }, found: 'no file', allowed: 'a JSON file in UTF-8 of at most 1048576 bytes' },
    ]);
    expect(error.message).toContain(path);
    expect(error.cause).toMatchObject({ code: 'ENOENT' });
  });

  it('what is no file, no UTF-8 or too long is refused', () => {
    const directory = join(folder, 'directory');
    mkdirSync(directory);
    expect(failure({ file: directory }).problems).toMatchObject([{ found: 'what cannot be read (EISDIR)' }]);
    expect(failure({ file: file(new Uint8Array([0x7b, 0xff, 0x7d])) }).problems).toMatchObject([{ found: 'bytes that are no UTF-8' }]);
    expect(failure({ file: file(' '.repeat(1_048_577)) }).problems).toMatchObject([{ found: '1048577 bytes' }]);
    expect(loadConfig({ sections, file: file(`{}${' '.repeat(1_048_574)}`) }).get(pool)).toEqual(pool.defaults);
  });

  it('a byte order mark is passed over', () => {
    expect(loadConfig({ sections, file: file('\ufeff{"pool":{"maxIdle":2}}') }).get(pool).maxIdle).toBe(2);
  });

  it('a mistake in the JSON has line and column', () => {
    const path = file('{\n  "pool": {\n    "maxIdle": 1,\n  }\n}');
    const error = failure({ file: path });
    expect(error.problems).toEqual([
      { key: 'file', source: { kind: 'file', path, line: 4, column: 3 }, found: '"}"', allowed: 'a name in double quotes' },
    ]);
    expect(error.message).toContain(`found "}" in ${path}:4:3`);
  });

  it.each(['[]', '1', 'null', '"tls"'])('%s is no object of sections', (text) => {
    expect(failure({ file: file(text) }).problems).toMatchObject([{ key: 'file', allowed: 'an object of sections', source: { line: 1 } }]);
  });

  it.each(['[]', '1', 'null', '"x"'])('a section that is %s is refused', (text) => {
    expect(failure({ file: file(`{\n"pool": ${text}}`) }).problems).toMatchObject([{ key: 'pool', allowed: 'an object', source: { line: 2 } }]);
  });

  it('each problem has its line and, for a name, the nearest known one', () => {
    const path = file('{\n "pol": {},\n "tls": {\n  "minVersion": "SSLv3",\n  "strikt": true,\n  "protocols": null\n }\n}');
    expect(failure({ file: path }).problems.map(({ key, source, nearest }) => [key, source.line, nearest])).toEqual([
      ['pol', 2, 'pool'],
      ['tls.strikt', 5, 'strict'],
      ['tls.minVersion', 4, undefined],
      ['tls.protocols', 6, undefined],
    ]);
  });

  it('a name that stands there twice is refused', () => {
    const path = file('{ "pool": { "maxIdle": 1,\n "maxIdle": 2 },\n "pool": {} }');
    expect(failure({ file: path }).problems.map(({ key, source, found }) => [key, source.line, found])).toEqual([
      ['pool', 3, 'the same name again'],
      ['pool.maxIdle', 2, 'the same name again'],
    ]);
  });

  it('names that every object has are unknown names', () => {
    const path = file('{ "__proto__": { "maxIdle": 1 }, "constructor": {}, "pool": { "__proto__": 1, "constructor": 2 } }');
    expect(failure({ file: path }).problems.map(({ key }) => key)).toEqual(['__proto__', 'constructor', 'pool.__proto__', 'pool.constructor']);
  });

  it.each(['1e999', '-1', '1.5', '9007199254740993', '"1e3"', 'true', '{}', '[[1]]'])('maxIdle: %s is refused', (json) => {
    expect(failure({ file: file(`{ "pool": { "maxIdle": ${json} } }`) }).problems).toMatchObject([{ key: 'pool.maxIdle', allowed: 'whole number, 1 to 1000' }]);
  });
});

describe('problems', () => {
  it('every problem of every source is reported, also of a value that another source replaces', () => {
    const places = fc.uniqueArray(fc.constantFrom<'value' | 'env' | 'file'>('value', 'env', 'file'));
    fc.assert(
      fc.property(places, places, (wrong, unknown) => {
        const pairs = (kind: 'value' | 'env' | 'file', known: string, mistyped: string, text: (n: number) => unknown) =>
          Object.fromEntries([[known, text(wrong.includes(kind) ? 0 : 1)], ...(unknown.includes(kind) ? [[mistyped, text(1)]] : [])]);
        const options = {
          values: { pool: pairs('value', 'maxIdle', 'maxIdel', Number) } as object,
          env: pairs('env', 'SOCK_POOL_MAX_IDLE', 'SOCK_POOL_MAX_IDEL', String) as Record<string, string>,
          file: file(JSON.stringify({ pool: pairs('file', 'maxIdle', 'maxIdel', Number) })),
        };
        if (wrong.length + unknown.length === 0) {
          expect(loadConfig({ sections, ...options }).get(pool).maxIdle).toBe(1);
        } else {
          const reported = failure(options).problems.map(({ source, nearest }) => `${source.kind} ${nearest === undefined ? 'wrong' : 'unknown'}`);
          expect(reported.toSorted()).toEqual([...wrong.map((kind) => `${kind} wrong`), ...unknown.map((kind) => `${kind} unknown`)].toSorted());
        }
      }),
    );
  });

  it('an unreadable file does not hide what is wrong elsewhere', () => {
    const error = failure({ file: join(folder, 'missing.json'), env: { SOCK_POOL_MAX_IDLE: '0' }, values: { tls: { minVersion: 'SSLv3' as 'TLSv1.2' } } });
    expect(error.problems.map(({ key }) => key)).toEqual(['file', 'tls.minVersion', 'pool.maxIdle']);
  });

  it('a section that stands there twice is refused', () => {
    expect(() => loadConfig({ sections: [pool, tls, pool] })).toThrow('pool: found the same name again in sections; allowed: each section once');
    expect(() => loadConfig({ sections: [pool, section('pool', {})] })).toThrow(ConfigError);
  });

  it.each([[[]], [null], ['x']])('values that are %j are refused', (values) => {
    expect(failure({ values: values as never }).problems).toMatchObject([{ key: 'values', allowed: 'an object of sections' }]);
  });

  it('an object that holds itself is refused, not followed', () => {
    const circle: Record<string, unknown> = {};
    circle['maxIdle'] = circle;
    expect(failure({ values: { pool: circle } }).problems).toMatchObject([{ key: 'pool.maxIdle', found: 'an object' }]);
  });

  it('a secret is in no message', () => {
    const secret = 'hunter2'.repeat(1000);
    const path = file(`{ "tls": { "password": "${secret}" } }`);
    const error = failure({ file: path, env: { SOCK_TLS_PASSWORD: secret, SOCK_TLS_PASSWORT: secret } });
    expect(error.problems.map(({ found }) => found)).toEqual(['an unknown name', '•••', '•••']);
    expect(error.message).not.toContain('hunter2');
  });
});

describe('description', () => {
  it('has a line for every value with its source, and hides secrets', () => {
    const path = file('{ "tls": {\n "password": "hunter2" } }');
    const config = loadConfig({ sections, file: path, env: { SOCK_POOL_IDLE_TIMEOUT: '120s' }, values: { tls: { protocols: ['a', 'b'] } } });
    expect(config.describe()).toBe(
      [
        'tls.minVersion = "TLSv1.2" (the default)',
        `tls.password = ••• (${path}:2)`,
        'tls.protocols = "a,b" (the given value)',
        'tls.strict = true (the default)',
        'pool.maxIdle = 8 (the default)',
        'pool.idleTimeout = 2m (environment variable SOCK_POOL_IDLE_TIMEOUT)',
        'pool.buffer = 64KiB (the default)',
      ].join('\n'),
    );
  });

  it('says that a value without a default is none', () => {
    expect(loadConfig({ sections }).describe()).toContain('tls.password = none (the default)');
  });
});
