import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from './errors.ts';
import { list } from './list-field.ts';
import { bytes, duration, int } from './number-fields.ts';
import { section } from './section.ts';
import { boolean, oneOf, string } from './text-fields.ts';

const tls = section('tls', {
  minVersion: oneOf(['TLSv1.2', 'TLSv1.3'], { default: 'TLSv1.2', doc: 'Oldest protocol.' }),
  handshakeTimeout: duration({ default: '10s', min: '1ms', max: '5m', doc: 'Longest handshake.' }),
  recordSize: bytes({ default: '16KiB', max: '16KiB', doc: 'Largest record.' }),
  protocols: list(string({ doc: '' }), { default: ['h2'], doc: 'ALPN.' }),
  strict: boolean({ default: true, doc: '' }),
  depth: int({ default: 10, max: 100, doc: '' }),
  password: string({ secret: true, doc: 'Key password.' }),
});

const DEFAULTS = {
  minVersion: 'TLSv1.2',
  handshakeTimeout: 10_000,
  recordSize: 16_384,
  protocols: ['h2'],
  strict: true,
  depth: 10,
  password: undefined,
};

/** The problems that a call throws. */
function problems(run: () => unknown): ConfigError['problems'] {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('defaults', () => {
  it('are in base units, frozen, and one object', () => {
    expect(tls.defaults).toEqual(DEFAULTS);
    expect(Object.isFrozen(tls.defaults)).toBe(true);
    expect(tls.defaults).toBe(tls.defaults);
  });

  it('are not computed before they are read', () => {
    let read = 0;
    const field = { ...int({ default: 1, doc: '' }), parse: () => ++read };
    const counted = section('counted', { field });
    expect(read).toBe(0);
    expect([counted.defaults.field, counted.defaults.field, read]).toEqual([1, 1, 1]);
  });

  it('a default outside its own range is refused, and so is a range that cannot be read', () => {
    const broken = section('broken', {
      size: int({ default: 5, max: 4, doc: '' }),
      wait: duration({ default: '1s', min: '1x' as '1s', doc: '' }),
    });
    const found = problems(() => broken.defaults);
    expect(found.map(({ key, source }) => [key, source])).toEqual([
      ['broken.size', { kind: 'default' }],
      ['broken.wait', { kind: 'default' }],
    ]);
    expect(found[0]).toMatchObject({ found: '5', allowed: 'whole number, 0 to 4' });
  });

  it.each(['constructor', 'toString', '__proto__', 'min-size', 'Size', 'größe', ''])('a field cannot be called %j', (name) => {
    const field = int({ default: 1, doc: '' });
    const broken = section('broken', Object.fromEntries([[name, field]]));
    expect(problems(() => broken.defaults)).toMatchObject([{ key: name, found: 'this name' }]);
    expect(problems(() => section(name, { field }).defaults)).toMatchObject([{ key: name, found: 'this name' }]);
  });
});

describe.each(['resolve', 'pick'] as const)('%s', (method) => {
  it('nothing given costs nothing: the defaults themselves come back', () => {
    expect(tls[method]()).toBe(tls.defaults);
    expect(tls[method](undefined)).toBe(tls.defaults);
    expect(tls[method]({})).toBe(tls.defaults);
    expect(tls[method]({ minVersion: undefined, depth: undefined })).toBe(tls.defaults);
  });

  it('what is given replaces the default, the rest stays', () => {
    const values = tls[method]({ handshakeTimeout: '30s', recordSize: '4KiB', password: 'secret', protocols: [] });
    expect(values).toEqual({ ...DEFAULTS, handshakeTimeout: 30_000, recordSize: 4096, password: 'secret', protocols: [] });
    expect(Object.isFrozen(values)).toBe(true);
    expect(tls.defaults).toEqual(DEFAULTS);
  });

  it('a result is not copied again, while an object that merely looks like one is checked', () => {
    const values = tls[method]({ depth: 3 });
    expect(tls[method](values)).toBe(values);
    const alike = Object.freeze({ ...values });
    expect(tls[method](alike)).not.toBe(alike);
    expect(() => tls[method](Object.freeze({ ...values, depth: -1 }))).toThrow(ConfigError);
  });

  it('one error lists every value that is not allowed', () => {
    const bad = { minVersion: 'SSLv3', handshakeTimeout: Infinity, recordSize: '17KiB', protocols: 'a,,b', strict: 'maybe', depth: NaN, password: 5 };
    expect(problems(() => tls[method](bad as never)).map(({ key, found }) => [key, found])).toEqual([
      ['tls.minVersion', '"SSLv3"'],
      ['tls.handshakeTimeout', 'Infinity'],
      ['tls.recordSize', '"17KiB"'],
      ['tls.protocols', '"a,,b"'],
      ['tls.strict', '"maybe"'],
      ['tls.depth', 'NaN'],
      ['tls.password', '•••'],
    ]);
  });

  it('the message names key, place, finding and what is allowed', () => {
    expect(() => tls[method]({ handshakeTimeout: 0 }, 'connect()')).toThrow(
      'tls.handshakeTimeout: found 0 in connect(); allowed: duration such as "30s" or 30000 (ms), 1ms to 5m',
    );
    expect(() => tls[method]({ depth: 101 })).toThrow('tls.depth: found 101 in the given value; allowed: whole number, 0 to 100');
  });

  it('a secret is never in the message', () => {
    const secret = 'hunter2'.repeat(1000);
    const [problem] = problems(() => tls[method]({ password: secret }));
    expect(problem).toMatchObject({ key: 'tls.password', found: '•••' });
    expect(() => tls[method]({ password: secret })).toThrow(/^(?!.*hunter2)/s);
  });

  it.each([[null], [[]], ['minVersion'], [5]])('%j is no object of options', (input) => {
    expect(problems(() => tls[method](input as never))).toMatchObject([{ key: 'tls', allowed: 'an object' }]);
  });

  it('null is not the default', () => {
    expect(problems(() => tls[method]({ depth: null } as never))).toMatchObject([{ key: 'tls.depth', found: 'null' }]);
  });

  it('options that an object inherits count', () => {
    expect(tls[method](Object.create({ depth: 3 })).depth).toBe(3);
  });
});

describe('names', () => {
  it('resolve refuses an unknown name and names the nearest known one', () => {
    expect(problems(() => tls.resolve({ minVerson: 'TLSv1.3' } as never, 'createContext()'))).toEqual([
      {
        key: 'tls.minVerson',
        source: { kind: 'value', name: 'createContext()' },
        found: 'an unknown name',
        allowed: 'minVersion, handshakeTimeout, recordSize, protocols, strict, depth, password',
        nearest: 'minVersion',
      },
    ]);
  });

  it('the value of an unknown name is not shown: it may be a secret', () => {
    expect(() => tls.resolve({ pasword: 'hunter2' } as never)).toThrow(/^(?!.*hunter2).*did you mean password\?/s);
  });

  it('resolve refuses the names that every object has', () => {
    const hostile = JSON.parse('{ "__proto__": { "depth": 1 }, "constructor": 1, "toString": 2 }');
    expect(problems(() => tls.resolve(hostile)).map(({ key }) => key)).toEqual(['tls.__proto__', 'tls.constructor', 'tls.toString']);
    expect(({} as { depth?: unknown }).depth).toBeUndefined();
  });

  it('pick passes over the names of others', () => {
    const options = { depth: 3, signal: new AbortController().signal, minVerson: 'x' };
    expect(tls.pick(options)).toEqual({ ...DEFAULTS, depth: 3 });
    expect(tls.pick({ signal: options.signal } as object)).toBe(tls.defaults);
  });

  it('bad values and unknown names are reported together', () => {
    expect(problems(() => tls.resolve({ depth: -1, dept: 1 } as never)).map(({ key }) => key)).toEqual(['tls.depth', 'tls.dept']);
  });

  it('every problem is reported, whatever the mixture', () => {
    const bad = fc.record(
      { minVersion: fc.constant('x'), depth: fc.constant(-1), strict: fc.constant(2), nope: fc.constant(1), neither: fc.constant(1) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(bad, fc.boolean(), (input, good) => {
        const keys = Object.keys(input);
        const given = { ...input, ...(good ? { recordSize: 1 } : {}) } as never;
        if (keys.length === 0) expect(tls.resolve(given).recordSize).toBe(good ? 1 : 16_384);
        else expect(new Set(problems(() => tls.resolve(given)).map(({ key }) => key))).toEqual(new Set(keys.map((key) => `tls.${key}`)));
      }),
    );
  });
});
