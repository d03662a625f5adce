import { describe, expect, it } from 'vitest';
import { createAuthority, type NameConstraints } from './index.ts';

describe('name constraints', () => {
  it.each([
    ['that constrain nothing', {}, 'ERR_SOCK_DEV_CERTS_OPTION', 'nameConstraints', 'is empty'],
    ['with an unknown part', { allowed: {} }, 'ERR_SOCK_DEV_CERTS_OPTION', 'nameConstraints.allowed', 'permitted, excluded'],
    ['with an unknown kind', { permitted: { dns: [] } }, 'ERR_SOCK_DEV_CERTS_OPTION', 'nameConstraints.permitted.dns', 'names, ips'],
    ['with a wildcard', { permitted: { names: ['*.test'] } }, 'ERR_SOCK_DEV_CERTS_NAME', 'nameConstraints.permitted.names[0]', 'wildcard'],
    ['with a bare address', { excluded: { ips: ['::1'] } }, 'ERR_SOCK_DEV_CERTS_NAME', 'nameConstraints.excluded.ips[0]', '0 to 128'],
    ['with a prefix too long', { excluded: { ips: ['10.0.0.0/33'] } }, 'ERR_SOCK_DEV_CERTS_NAME', 'nameConstraints.excluded.ips[0]', '0 to 32'],
    ['with two prefixes', { excluded: { ips: ['::/0/0'] } }, 'ERR_SOCK_DEV_CERTS_NAME', 'nameConstraints.excluded.ips[0]', '0 to 128'],
  ])('%s are refused', (_, constraints, code, option, reason) => {
    const refusal = expect.objectContaining({ code, option, message: expect.stringContaining(reason) });
    expect(() => createAuthority({ nameConstraints: constraints as NameConstraints })).toThrow(refusal);
  });

  it('write a range as its address without the host part, and its mask', () => {
    const constraints = { permitted: { ips: ['10.1.2.3/12', 'fd00::1/7', '0.0.0.0/0', '127.0.0.1/32'] } };
    const der = createAuthority({ nameConstraints: constraints }).certificate.der.toString('hex');
    expect(der).toContain('87080a000000fff00000');
    expect(der).toContain(`8720fc${'00'.repeat(15)}fe${'00'.repeat(15)}`);
    expect(der).toContain(`8708${'00'.repeat(8)}`);
    expect(der).toContain('87087f000001ffffffff');
  });
});
