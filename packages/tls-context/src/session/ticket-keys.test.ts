import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import * as tls from 'node:tls';
import { inspect } from 'node:util';
import { createAuthority } from '@sock/dev-certs';
import { leakGuard } from '@sock/testkit';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { DerivedTicketKeys, TicketKey } from './ticket-keys.ts';
import { TicketKeys, ticketOf } from './ticket-keys.ts';

leakGuard();

const HOUR = 3_600_000;
const secret = Uint8Array.from({ length: 32 }, (_, index) => index);
const noon = 480_000 * HOUR;

describe('derived ticket keys', () => {
  it('are what they were in all releases before: a fleet depends on it', () => {
    const { bytes, id } = keysAt(noon, { purpose: 'web' }).current();
    // openssl kdf -keylen 48 -kdfopt digest:SHA256 -kdfopt hexkey:000102…1f -kdfopt hexinfo:("sock tls ticket/web/3600000/480000" in hex) HKDF
    expect(hex(bytes)).toBe('a03454f3050b1581a07ea80e4bee9cdf5f434a74d8387c5f26ed7c187f34491d429c00f8c787163b7b250f98b36b2f90');
    expect(id).toBe('a03454f3050b1581a07ea80e4bee9cdf');
  });

  it('are those of HKDF with SHA-256 (RFC 5869), written out', () => {
    const pseudorandom = createHmac('sha256', Buffer.alloc(32)).update(secret).digest();
    const first = createHmac('sha256', pseudorandom).update('sock tls ticket//3600000/480000').update(Uint8Array.of(1)).digest();
    const second = createHmac('sha256', pseudorandom).update(first).update('sock tls ticket//3600000/480000').update(Uint8Array.of(2)).digest();
    expect(hex(keysAt(noon).current().bytes)).toBe(hex(Buffer.concat([first, second]).subarray(0, 48)));
  });

  it('agree in a fleet whose clocks differ by less than a rotation, in both directions', () => {
    fc.assert(
      fc.property(time, fc.integer({ min: 60_000, max: 3 * HOUR }), fc.integer({ min: 1000, max: 20 * HOUR }), fc.nat(), (at, rotationMs, lifetimeMs, ahead) => {
        const one = keysAt(at, { rotationMs, lifetimeMs });
        const other = keysAt(at + (ahead % rotationMs), { rotationMs, lifetimeMs });
        expect(plain(one.find(name(other.current())))).toEqual(plain(other.current()));
        if (lifetimeMs >= rotationMs) expect(plain(other.find(name(one.current())))).toEqual(plain(one.current()));
      }),
    );
  });

  it('find every ticket while it lives, and none a lifetime and a rotation after it was made', () => {
    fc.assert(
      fc.property(time, fc.integer({ min: 60_000, max: 3 * HOUR }), fc.integer({ min: 1000, max: 20 * HOUR }), fc.nat(), (made, rotationMs, lifetimeMs, age) => {
        let now = made;
        const keys = keysAt(made, { rotationMs, lifetimeMs, now: () => now });
        const ticket = name(keys.current());
        now = made + (age % (lifetimeMs + 1));
        expect(keys.find(ticket)).toBeDefined();
        now = made + lifetimeMs;
        expect(keys.find(ticket)).toBeDefined();
        now = made + (Math.ceil(lifetimeMs / rotationMs) + 1) * rotationMs;
        expect(keys.find(ticket)).toBeUndefined();
      }),
    );
  });

  it('are the same on a long way and at once, wherever the clock goes', () => {
    fc.assert(
      fc.property(fc.array(time, { minLength: 1, maxLength: 20 }), (times) => {
        let now = 0;
        const keys = keysAt(0, { now: () => now });
        for (now of times) {
          const fresh = keysAt(now);
          expect(plain(keys.current())).toEqual(plain(fresh.current()));
          expect(plain(keys.find(name(fresh.current())))).toEqual(plain(fresh.current()));
        }
      }),
    );
  });

  it('are never found by another secret, purpose or rotation', () => {
    fc.assert(
      fc.property(time, fc.uint8Array({ minLength: 32, maxLength: 40 }), (at, other) => {
        fc.pre(hex(other) !== hex(secret));
        const ticket = name(keysAt(at).current());
        expect(keysAt(at).find(ticket)).toBeDefined();
        expect(keysAt(at, { secret: other }).find(ticket)).toBeUndefined();
        expect(keysAt(at, { purpose: 'other' }).find(ticket)).toBeUndefined();
        expect(keysAt(at, { rotationMs: HOUR + 1 }).find(ticket)).toBeUndefined();
      }),
    );
  });

  it('have names and bytes of their own in each epoch', () => {
    const all = Array.from({ length: 500 }, (_, epoch) => keysAt(epoch * HOUR).current());
    expect(new Set(all.map(({ id }) => id)).size).toBe(500);
    for (const part of [0, 16, 32]) expect(new Set(all.map(({ bytes }) => hex(bytes.subarray(part, part + 16)))).size).toBe(500);
  });

  it('begin and end exactly with their epoch', () => {
    const ids = [noon - 1, noon, noon + HOUR - 1, noon + HOUR].map((at) => keysAt(at).current().id);
    expect(ids[1]).toBe(ids[2]);
    expect(new Set(ids).size).toBe(3);
  });

  it('stay the same objects while they are in the window', () => {
    let now = noon;
    const keys = keysAt(noon, { now: () => now });
    const first = keys.current();
    expect(keys.current()).toBe(first);
    now += HOUR;
    expect(keys.find(name(first))).toBe(first);
  });

  it('that left the window still work for the handshake that holds one', () => {
    let now = noon;
    const keys = keysAt(noon, { now: () => now });
    const held = keys.current();
    const before = hex(held.bytes);
    now += 10 * HOUR;
    expect(keys.find(name(held))).toBeUndefined();
    expect(hex(held.bytes)).toBe(before);
  });

  it('are random where no secret is given', () => {
    const mine = { secret: undefined };
    expect(keysAt(noon, mine).current().id).not.toBe(keysAt(noon, mine).current().id);
  });

  it('do not change when the caller overwrites the secret', () => {
    const own = Uint8Array.from(secret);
    const keys = keysAt(noon, { secret: own });
    own.fill(0);
    expect(keys.current().id).toBe(keysAt(noon).current().id);
  });

  it('need a secret of 32 bytes', () => {
    expect(() => keysAt(noon, { secret: secret.subarray(1) })).toThrow(refusal('sessions.ticketSecret', /it has 31 bytes; give at least 32 random ones/));
  });
});

describe('given ticket keys', () => {
  const [one, two] = [new Uint8Array(48).fill(1), new Uint8Array(48).fill(2)];

  it('the first encrypts, all are accepted, others are not', () => {
    const keys = new TicketKeys({ keys: [one, two] });
    expect(hex(keys.current().bytes)).toBe(hex(one));
    expect(hex(keys.find(two.subarray(0, 16))?.bytes)).toBe(hex(two));
    expect(keys.find(new Uint8Array(16))).toBeUndefined();
  });

  it('do not change when the caller overwrites his', () => {
    const own = Uint8Array.from(one);
    const keys = new TicketKeys({ keys: [own] });
    own.fill(9);
    expect(hex(keys.current().bytes)).toBe(hex(one));
  });

  it.each([
    ['none', [], 'sessions.ticketKeys', /the list is empty/],
    ['a short one', [one, two.subarray(1)], 'sessions.ticketKeys[1]', /it has 47 bytes instead of 48/],
    ['a long one, as OpenSSL itself takes', [new Uint8Array(80)], 'sessions.ticketKeys[0]', /it has 80 bytes instead of 48/],
    ['two with one name', [one, two, Uint8Array.from([...one.subarray(0, 16), ...two.subarray(16)])], 'sessions.ticketKeys[2]', /the name, are those of a key before it/],
  ])('%s are refused', (_what, keys, option, reason) => {
    expect(() => new TicketKeys({ keys })).toThrow(refusal(option, reason));
  });
});

describe('ticket keys that are disposed of', () => {
  it.each([
    ['derived', keysAt(noon)],
    ['given', new TicketKeys({ keys: [new Uint8Array(48).fill(1)] })],
  ])('are zeros in memory, and nobody gets them: %s ones', (_what, keys) => {
    const held = keys.current();
    const { bytes } = held;
    keys.dispose();
    keys.dispose();
    expect(hex(bytes)).toBe('00'.repeat(48));
    for (const use of [() => keys.current(), () => keys.find(bytes), () => held.bytes]) {
      expect(use).toThrow(expect.objectContaining({ code: 'ERR_SOCK_TLS_DISPOSED', message: expect.stringContaining('disposed of') }));
    }
  });

  it('leave no copy of the secret behind', () => {
    const copies = vi.spyOn(Uint8Array, 'from');
    const keys = keysAt(noon, { secret: new Uint8Array(40).fill(7) });
    const copy = copies.mock.results[0]?.value as Uint8Array;
    copies.mockRestore();
    expect(hex(copy)).toBe('07'.repeat(40));
    keys.dispose();
    expect(hex(copy)).toBe('00'.repeat(40));
  });
});

it('a key that is logged does not show its bytes', () => {
  const keys = new TicketKeys({ keys: [new Uint8Array(48).fill(0xab)] });
  expect(inspect([keys, keys.current()], { depth: 9 })).not.toMatch(/171|ab, ab|ab ab/);
});

describe('the tickets of a hello', () => {
  const ticket = (first: number, length: number): Uint8Array => new Uint8Array(length).fill(first);

  it('are named by their first 16 bytes, the one of TLS 1.2 first', () => {
    expect(ticketOf({ sessionTicket: ticket(1, 160), pskIdentities: [ticket(2, 64), ticket(3, 200)] })).toEqual([ticket(1, 16), ticket(2, 16), ticket(3, 16)]);
  });

  it('are none where nothing is as long as a ticket', () => {
    expect(ticketOf({ sessionTicket: undefined, pskIdentities: [] })).toEqual([]);
    expect(ticketOf({ sessionTicket: new Uint8Array(), pskIdentities: [ticket(2, 63), ticket(3, 32)] })).toEqual([]);
  });
});

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('Node speaks %s', (version) => {
  it('with tickets that begin with the name of the key, and another server of the fleet resumes them', async () => {
    const identity = createAuthority().issue({ names: ['localhost'] });
    const ticketKeys = (): Buffer => Buffer.from(keysAt(noon).current().bytes);
    const first = await visit(identity, version, ticketKeys());
    expect(first.resumed).toBe(false);
    expect(first.session?.includes(ticketKeys().subarray(0, 16)), 'the ticket within the session').toBe(true);
    expect((await visit(identity, version, ticketKeys(), first.session)).resumed).toBe(true);
    const later = Buffer.from(keysAt(noon + HOUR).current().bytes);
    expect((await visit(identity, version, later, first.session)).resumed, 'by the key of another hour').toBe(false);
  });
});

async function visit(
  { chain, key, ca }: { chain: string; key: string; ca: string }, version: tls.SecureVersion, ticketKeys: Buffer, session?: Buffer,
): Promise<{ resumed: boolean; session: Buffer | undefined }> {
  const server = tls.createServer({ cert: chain, key, ticketKeys, minVersion: version, maxVersion: version }, (socket) => socket.end('x'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const client = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ca, ...(session === undefined ? {} : { session }) });
  let given: Buffer | undefined;
  client.on('session', (newer: Buffer) => (given = newer));
  await once(client, 'secureConnect');
  const resumed = client.isSessionReused();
  client.resume();
  await once(client, 'close');
  await new Promise((resolve) => void server.close(resolve));
  return { resumed, session: given };
}

function keysAt(now: number, more: Partial<DerivedTicketKeys> = {}): TicketKeys {
  return new TicketKeys({ secret, rotationMs: HOUR, lifetimeMs: 2 * HOUR, now: () => now, ...more });
}

const time = fc.nat({ max: 4_000_000_000_000 });

function name({ bytes }: TicketKey): Uint8Array {
  return bytes.subarray(0, 16);
}

/** The getter's value, which a comparison of objects would call on both sides anyhow, beside the id. */
function plain(key: TicketKey | undefined): { id: string | undefined; bytes: string } {
  return { id: key?.id, bytes: hex(key?.bytes) };
}

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex');
}

function refusal(option: string, reason: RegExp): unknown {
  return expect.objectContaining({ code: 'ERR_SOCK_TLS_OPTION', option, message: expect.stringMatching(reason) });
}
