import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAuthority, type SubjectAltNameOptions } from './index.ts';

const authority = createAuthority();

describe('the subject alternative name', () => {
  it('reports every name and address that was asked for, in order, whatever they are', () => {
    const name = fc.tuple(fc.boolean(), fc.domain({ size: 'medium' })).map(([wild, domain]) => (wild ? `*.${domain}` : domain));
    const names = fc.array(name.filter((each) => each.length <= 253));
    const ips = fc.array(fc.oneof(fc.ipV4(), fc.ipV6()));
    fc.assert(
      fc.property(names, ips, (names, ips) => {
        const { found, leaf } = read({ names, ips });
        expect(found).toEqual([...names.map((each) => `DNS:${each.toLowerCase()}`), ...ips.map((ip) => `IP Address:${canonical(ip)}`)]);
        for (const ip of ips) expect(leaf.checkIP(ip)).toBe(ip);
        for (const each of names) expect(leaf.checkHost(each.replace('*', 'any'))).toBeTypeOf('string');
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['B\u00FCcher.Test', 'xn--bcher-kva.test'],
    ['*.b\u00FCcher.test', '*.xn--bcher-kva.test'],
    ['\u65E5\u672C\u8A9E.test', 'xn--wgv71a119e.test'],
    ['xn--bcher-kva.test', 'xn--bcher-kva.test'],
    ['_service.example.test', '_service.example.test'],
    ['LOCALHOST', 'localhost'],
    [`${'a'.repeat(63)}.test`, `${'a'.repeat(63)}.test`],
    [`${'abcdefg.'.repeat(31)}a.def`, `${'abcdefg.'.repeat(31)}a.def`],
  ])('writes the name %s as %s', (name, written) => {
    expect(read({ names: [name] }).found).toEqual([`DNS:${written}`]);
  });

  it('writes mailboxes and URIs', () => {
    const { found } = read({ emails: ['ops@B\u00FCcher.test'], uris: ['spiffe://example.test/worker'] });
    expect(found).toEqual(['email:ops@xn--bcher-kva.test', 'URI:spiffe://example.test/worker']);
  });

  it.each([
    ['empty', '', 'is empty'],
    ['only a wildcard', '*', 'wildcard in the wrong place'],
    ['a wildcard over nothing', '*.', 'is empty'],
    ['a wildcard over a top-level name', '*.test', 'a wildcard over a top-level name'],
    ['a wildcard in the middle', 'a.*.example.test', 'wildcard in the wrong place'],
    ['a wildcard within a label', 'a*.example.test', 'wildcard in the wrong place'],
    ['two wildcards', '*.*.example.test', 'wildcard in the wrong place'],
    ['a label of 64 characters', `${'a'.repeat(64)}.test`, 'a label of 64 characters; at most 63'],
    ['longer than 253 characters', `${'abcdefg.'.repeat(31)}ab.def`, '254 characters long; at most 253'],
    ['closed by a dot', 'localhost.', 'final dot'],
    ['with an empty label', 'a..test', 'an empty label'],
    ['begun with a hyphen', '-a.test', 'begins or ends with a hyphen'],
    ['with a space', 'a b.test', 'not letters, digits, hyphens and dots'],
    ['a URL', 'https://example.test', 'not letters, digits, hyphens and dots'],
    ['with a zero byte', 'example.test\0.evil.test', 'not letters, digits, hyphens and dots'],
    ['an IPv4 address', '127.0.0.1', 'an IP address, which belongs in `ips`'],
    ['an IPv6 address', '::1', 'an IP address, which belongs in `ips`'],
    ['an address in short form', '127.1', 'ends in a number'],
    ['an address in wide digits', '\uFF11\uFF12\uFF17.0.0.1', 'ends in a number'],
    ['no international name', '\u00FC\u200D.test', 'no valid international name'],
  ])('refuses a name that is %s', (_, name, reason) => {
    expect(() => read({ names: ['localhost', name] })).toThrow(fault('names[1]', reason));
  });

  it.each(['localhost', '256.0.0.1', '127.1', '::1%lo', '[::1]', '1::2::3', '10.0.0.0/8', ''])('refuses the address %j', (ip) => {
    expect(() => read({ ips: [ip] })).toThrow(fault('ips[0]', `${JSON.stringify(ip)} is`));
  });

  it.each(['ops', '@example.test', 'a b@example.test', 'ops@', 'ops@127.0.0.1', 'j\u00FCrgen@example.test'])('refuses the mailbox %j', (email) => {
    expect(() => read({ emails: [email] })).toThrow(fault('emails[0]', `${JSON.stringify(email)} is`));
  });

  it.each(['/worker', 'spiffe://b\u00FCcher.test/', 'https://a b/', ''])('refuses the URI %j', (uri) => {
    expect(() => read({ uris: [uri] })).toThrow(fault('uris[0]', 'not an absolute URI in ASCII'));
  });
});

function read(options: SubjectAltNameOptions): { found: string[]; leaf: X509Certificate } {
  const leaf = new X509Certificate(authority.issue({ ...options, usage: 'server', allow: ['no-names'] }).der);
  const found = leaf.subjectAltName?.split(', ') ?? [];
  return { found: found.map((each) => each.replace(/(?<=^IP Address:).*/, canonical)), leaf };
}

/** The one spelling of an address that URLs have. */
function canonical(ip: string): string {
  return ip.includes(':') ? new URL(`http://[${ip}]`).hostname.slice(1, -1) : ip;
}

function fault(option: string, reason: string): unknown {
  return expect.objectContaining({ code: 'ERR_SOCK_DEV_CERTS_NAME', option, message: expect.stringContaining(reason) });
}
