import { describe, expect, it } from 'vitest';
import { createAuthority, type Pkcs12Options } from './index.ts';

const issued = createAuthority().issue({ names: ['localhost'] });

describe('pkcs12', () => {
  it.each([
    ['an empty passphrase', { passphrase: '' }, 'passphrase', 'is empty'],
    ['no passphrase', {}, 'passphrase', 'is no text'],
    ['an empty name', { passphrase: 'x', name: '' }, 'name', 'is ""'],
    ['an unknown option', { passphrase: 'x', password: 'x' }, 'password', 'is no option here; there are passphrase, name, root'],
    ['a root that is neither true nor false', { passphrase: 'x', root: 1 }, 'root', 'is 1'],
  ])('refuses %s', (_, options, option, reason) => {
    const refusal = { code: 'ERR_SOCK_DEV_CERTS_OPTION', option, message: expect.stringContaining(reason) };
    expect(() => issued.pkcs12(options as Pkcs12Options)).toThrow(expect.objectContaining(refusal));
  });

  it('never makes the same file twice, because salts are random', () => {
    expect(issued.pkcs12({ passphrase: 'x' }).equals(issued.pkcs12({ passphrase: 'x' }))).toBe(false);
  });
});
