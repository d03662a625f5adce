import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AddressPolicy } from './address-policy.ts';
import { parseRange, within } from './address-ranges.ts';
import { addressPolicy, denyPrivate } from './create-policy.ts';
import type { AddressDeniedError } from './address-denied-error.ts';
import { ipBytes } from '../proxy/ip-bytes.ts';

const endpoint = { host: 'some.name', port: 80 };
/** Addresses beyond this machine are written as ranges of one: nothing here is dialled. */
const ruleOf = (policy: AddressPolicy, address: string | undefined): string | undefined =>
  (policy.refusal(address?.replace('/32', ''), 'connect', endpoint) as AddressDeniedError | undefined)?.rule;

describe('denyPrivate denies every address that is not of the public Internet', () => {
  const policy = denyPrivate();

  test.each([
    ['127.0.0.1', 'loopback 127.0.0.0/8'], ['127.255.255.254', 'loopback 127.0.0.0/8'], ['::1', 'loopback ::1'],
    ['10.0.0.1/32', 'private 10.0.0.0/8'], ['172.16.0.1/32', 'private 172.16.0.0/12'], ['172.31.255.255/32', 'private 172.16.0.0/12'],
    ['192.168.1.1/32', 'private 192.168.0.0/16'], ['fec0::1', 'private fec0::/10'],
    ['169.254.169.254/32', 'link-local 169.254.0.0/16'], ['fe80::1', 'link-local fe80::/10'], ['fe80::1%eth0', 'link-local fe80::/10'],
    ['fd00:ec2::254', 'unique-local fc00::/7'], ['fc00::1', 'unique-local fc00::/7'],
    ['100.64.0.1/32', 'shared 100.64.0.0/10'], ['100.100.100.200/32', 'shared 100.64.0.0/10'], ['168.63.129.16/32', 'metadata 168.63.129.16/32'],
    ['224.0.0.1/32', 'multicast 224.0.0.0/4'], ['239.255.255.255/32', 'multicast 224.0.0.0/4'], ['ff02::1', 'multicast ff00::/8'],
    ['0.0.0.0', 'unspecified 0.0.0.0/8'], ['0.1.2.3/32', 'unspecified 0.0.0.0/8'], ['::', 'unspecified ::'],
    ['192.0.2.1', 'documentation 192.0.2.0/24'], ['198.51.100.1', 'documentation 198.51.100.0/24'], ['203.0.113.1', 'documentation 203.0.113.0/24'],
    ['2001:db8::1', 'documentation 2001:db8::/32'], ['3fff:fff::1', 'documentation 3fff::/20'],
    ['198.18.0.1/32', 'benchmarking 198.18.0.0/15'], ['198.19.255.255/32', 'benchmarking 198.18.0.0/15'], ['2001:2::1', 'benchmarking 2001:2::/48'],
    ['192.0.0.1/32', 'reserved 192.0.0.0/24'], ['240.0.0.1/32', 'reserved 240.0.0.0/4'], ['255.255.255.255', 'reserved 240.0.0.0/4'],
    ['100::1', 'reserved 100::/8'], ['5f00::1', 'reserved 4000::/2'], ['9000::1', 'reserved 8000::/1'], ['64:ff9b:1::1', 'reserved 64:ff9b:1::/48'],
    ['unix:/run/docker.sock', 'unix'], ['unix:@name', 'unix'], [undefined, 'its address is not known'], ['some.name', 'it is no IP address'], ['127.1', 'it is no IP address'],
  ])('%s: %s', (address, rule) => {
    expect(ruleOf(policy, address)).toBe(rule);
  });

  test.each([
    '8.8.8.8/32', '1.1.1.1/32', '9.255.255.255/32', '11.0.0.0/32', '172.15.255.255/32', '172.32.0.0/32', '192.167.255.255/32', '192.169.0.0/32', '169.253.255.255/32', '100.63.255.255/32', '100.128.0.0/32',
    '126.255.255.255/32', '128.0.0.0/32', '198.17.255.255/32', '198.20.0.0/32', '223.255.255.255/32', '2606:4700:4700::1111', '2001:4860:4860::8888', '2a00::1', '2001:20::1',
  ])('lets %s pass', (address) => {
    expect(ruleOf(policy, address)).toBeUndefined();
  });
});

describe('IPv6 is judged by the IPv4 address that it stands for or leads to', () => {
  // [how, of 127.0.0.1, of 8.8.8.8/32]
  test.each([
    ['mapped', '::ffff:127.0.0.1', '::ffff:8.8.8.8'],
    ['mapped, in hexadecimal', '::ffff:7f00:1', '::ffff:808:808'],
    ['mapped, in full', '0:0:0:0:0:FFFF:7F00:0001', '0:0:0:0:0:FFFF:0808:0808'],
    ['compatible', '::127.0.0.1', '::8.8.8.8'],
    ['NAT64', '64:ff9b::7f00:1', '64:ff9b::808:808'],
    ['SIIT', '::ffff:0:127.0.0.1', '::ffff:0:8.8.8.8'],
    ['6to4', '2002:7f00:1::1', '2002:808:808::1'],
    ['Teredo, by its server', '2001:0:7f00:1::f7f7:f7f7', '2001:0:808:808::f7f7:f7f7'],
    ['Teredo, by its client', '2001:0:808:808::80ff:fffe', '2001:0:808:808::f7f7:f7f7'],
    ['ISATAP', '2a00::5efe:127.0.0.1', '2a00::5efe:8.8.8.8'],
    ['ISATAP, unique', '2a00::200:5efe:7f00:1', '2a00::200:5efe:808:808'],
  ])('%s', (_, bad, good) => {
    expect(isIP(bad) && isIP(good)).toBe(6);
    expect(ruleOf(denyPrivate(), bad)).toBe('loopback 127.0.0.0/8');
    expect(ruleOf(denyPrivate(), good)).toBeUndefined();
  });

  test('a tunnel to an allowed IPv4 address is not that address, a mapped one is', () => {
    const policy = addressPolicy({ allow: ['8.8.8.0/24'] });
    for (const same of ['8.8.8.8/32', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8', '::ffff:0:8.8.8.8']) expect(ruleOf(policy, same)).toBeUndefined();
    for (const other of ['::8.8.8.8', '2002:808:808::1', '2001:0:808:808::f7f7:f7f7', '2a00::5efe:8.8.8.8']) expect(ruleOf(policy, other)).toBe('not in the allow list');
  });
});

describe('allow, deny, except', () => {
  test('deny wins over allow, whatever their lengths, and except is a hole in deny alone', () => {
    const policy = addressPolicy({ allow: ['10.0.0.0/8'], deny: ['10.1.0.0/16'], except: ['10.1.2.3/32', '11.0.0.1/32'] });
    expect(['10.0.0.1/32', '10.1.0.1/32', '10.1.2.3/32', '11.0.0.1/32', '::ffff:10.1.0.1'].map((address) => ruleOf(policy, address)))
      .toEqual([undefined, '10.1.0.0/16', undefined, 'not in the allow list', '10.1.0.0/16']);
    expect(ruleOf(denyPrivate({ except: ['10.1.2.3/32', 'loopback'] }), '10.1.2.3/32')).toBeUndefined();
    expect(ruleOf(denyPrivate({ except: ['10.1.2.3/32', 'loopback'] }), '::1')).toBeUndefined();
    expect(ruleOf(denyPrivate({ except: ['10.1.2.3/32'] }), '10.1.2.4/32')).toBe('private 10.0.0.0/8');
    expect(ruleOf(denyPrivate({ deny: ['8.8.8.8/32'] }), '8.8.8.8/32')).toBe('8.8.8.8/32');
  });

  test('unix is allowed, denied and excepted by its word', () => {
    expect(ruleOf(addressPolicy({ allow: ['unix'] }), 'unix:/x')).toBeUndefined();
    expect(ruleOf(addressPolicy({ allow: ['10.0.0.0/8'] }), 'unix:/x')).toBe('not in the allow list');
    expect(ruleOf(denyPrivate({ except: ['unix'] }), 'unix:/x')).toBeUndefined();
  });

  test('the error names address, rule and endpoint, and onDenied hears it; what that throws is dropped', () => {
    const heard: AddressDeniedError[] = [];
    const policy = denyPrivate({ onDenied: (error) => {
      heard.push(error);
      throw new Error('dropped');
    } });
    const error = policy.refusal('192.0.2.7', 'connect', endpoint);
    expect(error).toMatchObject({
      name: 'SocketError', code: 'ERR_SOCK_ADDRESS_DENIED', phase: 'connect', category: 'access', retryable: false, endpoint, address: '192.0.2.7', rule: 'documentation 192.0.2.0/24',
      message: 'connect some.name:80: the address policy denies 192.0.2.7 (documentation 192.0.2.0/24)',
    });
    expect(heard).toEqual([error]);
    expect(policy.refusal('127.0.0.9', 'accept', endpoint)?.message).toBe('accept on some.name:80: the address policy denies the peer 127.0.0.9 (loopback 127.0.0.0/8)');
  });

  test('keys tell rules apart, not their order', () => {
    expect(addressPolicy({ deny: ['10.0.0.0/8', '::1'] }).key).toBe(addressPolicy({ deny: ['::1', '10.0.0.0/8'] }).key);
    const keys = [addressPolicy({ deny: ['::1'] }), addressPolicy({ allow: ['::1'] }), addressPolicy({ deny: ['::2'] }), addressPolicy({ deny: ['::1'], except: ['::1'] }), addressPolicy({ allow: [], deny: ['::1'] }), denyPrivate()].map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test.each([
    [{ deny: ['10.0.0.0/33'] }, '10.0.0.0/33'], [{ deny: ['10.0.0.1/8'] }, 'no bit set behind its prefix'], [{ deny: ['localhost'] }, '"localhost"'], [{ allow: ['fe80::1%eth0'] }, 'allow'],
    [{ except: ['1.2.3.4/'], deny: ['::'] }, 'except'], [{ deny: ['::/0/1'] }, '::/0/1'], [{ deny: [7] }, 'no text'], [{ deny: '10.0.0.0/8' }, 'takes a list'], [{ denied: ['::1'] }, 'denied is no option'],
    [{}, 'both missing'], [{ deny: [] }, 'both missing'], [{ deny: ['toString'] }, '"toString"'], [{ deny: Array.from({ length: 1001 }, () => '::1') }, '1,000'],
  ])('%j is refused', (options, words) => {
    expect(() => addressPolicy(options as never)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_ARGUMENT', category: 'usage', message: expect.stringContaining(words) }));
  });
});

describe('ranges', () => {
  const bytes4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
  const bytes6 = fc.uint8Array({ minLength: 16, maxLength: 16 });
  const textOf = (bytes: Uint8Array): string => (bytes.length === 4 ? bytes.join('.') : Buffer.from(bytes).toString('hex').match(/.{4}/g)?.join(':') ?? '');

  test.each([['IPv4', bytes4, 32], ['IPv6', bytes6, 128]] as const)('hold what the mask says, and as node:net sees it: %s', (_, anyBytes, most) => {
    fc.assert(fc.property(anyBytes, anyBytes, fc.integer({ min: 0, max: most }), fc.boolean(), (base, other, bits, near) => {
      const mask = base.map((__, index) => (0xff << Math.min(8, Math.max(0, 8 - (bits - index * 8)))) & 0xff);
      const start = base.map((byte, index) => byte & (mask[index] as number));
      // Half of the addresses share the prefix, or nearly all would lie outside.
      const address = near ? other.map((byte, index) => ((start[index] as number) & (mask[index] as number)) | (byte & ~(mask[index] as number))) : other;
      const range = parseRange(`${textOf(start)}/${bits}`);
      const expected = address.every((byte, index) => (byte & (mask[index] as number)) === start[index]);
      expect(range !== undefined && within(address, range)).toBe(expected);
      if (bits === 0) return;
      const list = new BlockList();
      list.addSubnet(textOf(start), bits, most === 32 ? 'ipv4' : 'ipv6');
      expect(list.check(textOf(address), most === 32 ? 'ipv4' : 'ipv6')).toBe(expected);
    }), { numRuns: 2000 });
  });

  test('texts that are no ranges give none, and nothing throws', () => {
    fc.assert(fc.property(fc.string({ maxLength: 40 }), (text) => {
      const range = parseRange(text);
      if (range !== undefined) expect(isIP(text.split('/')[0] ?? '')).not.toBe(0);
    }), { numRuns: 10_000 });
  });

  test('every IPv4 address is judged alike in all of its IPv6 clothes', () => {
    const policy = denyPrivate();
    fc.assert(fc.property(bytes4, (bytes) => {
      const text = bytes.join('.');
      const denied = ruleOf(policy, text);
      expect(ruleOf(policy, `::ffff:${text}`)).toBe(denied);
      expect(ruleOf(policy, `64:ff9b::${text}`)).toBe(denied);
      const hex = Buffer.from(bytes).toString('hex');
      expect(ruleOf(policy, `2002:${hex.slice(0, 4)}:${hex.slice(4)}::1`)).toBe(denied);
      expect(ipBytes(`::ffff:${text}`)?.subarray(12)).toEqual(bytes);
    }), { numRuns: 5000 });
  });
});

describe('a rule that is written as an IPv4-mapped IPv6 address means the IPv4 address', () => {
  test.each([
    ['::ffff:10.0.0.1', '10.0.0.1/32'], ['::ffff:a00:1', '10.0.0.1/32'], ['::ffff:10.0.0.0/104', '10.0.0.0/8'], ['::ffff:0:0/96', '0.0.0.0/0'],
  ])('%s is %s', (rule, same) => {
    expect(parseRange(rule)).toEqual(parseRange(same));
    for (const address of ['10.0.0.1/32', '::ffff:10.0.0.1']) {
      expect(ruleOf(addressPolicy({ deny: [rule] }), address)).toBe(rule);
      expect(ruleOf(addressPolicy({ allow: [rule] }), address)).toBeUndefined();
    }
    expect(ruleOf(addressPolicy({ deny: [rule] }), '::1')).toBeUndefined();
  });

  test('a range that is wider than these stays one of IPv6', () => {
    expect(parseRange('::/0')).toEqual({ bytes: new Uint8Array(16), bits: 0 });
    expect(parseRange('::ffff:0:0/95')).toBeUndefined();
  });
});
