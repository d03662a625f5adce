import { describe, expect, it } from 'vitest';
import { memoryServerSessions, memorySessionStore } from './memory-sessions.ts';
import type { ClientSessionOptions, ServerSessionOptions } from './session-options.ts';
import * as sessionOptions from './session-options.ts';
import { TicketKeys } from './ticket-keys.ts';

const CACHE_SIZE = 1000;
const checkClientSessions = (given: ClientSessionOptions | false | undefined): sessionOptions.ClientSessionValues | undefined => sessionOptions.checkClientSessions(given, CACHE_SIZE);
const checkServerSessions = (given: ServerSessionOptions | false | undefined): sessionOptions.ServerSessionValues | undefined => sessionOptions.checkServerSessions(given, CACHE_SIZE);

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const secret = new Uint8Array(32).fill(5);
const key = new Uint8Array(48).fill(6);

describe('sessions of a client', () => {
  it('are kept in memory for two hours, when nothing is said', () => {
    const defaults = { store: undefined, maxEntries: 1000, perKey: 4, reuse: false, lifetimeMs: 2 * HOUR };
    expect(checkClientSessions(undefined)).toEqual(defaults);
    expect(checkClientSessions({})).toEqual(defaults);
    expect(checkClientSessions({ store: undefined, maxEntries: undefined, perKey: undefined, reuse: undefined, lifetime: undefined })).toEqual(defaults);
  });

  it('are off with false', () => {
    expect(checkClientSessions(false)).toBeUndefined();
  });

  it('are as they are asked for, up to the limits', () => {
    const store = memorySessionStore();
    expect(checkClientSessions({ store, lifetime: '7d' })).toMatchObject({ store, lifetimeMs: 7 * DAY });
    expect(checkClientSessions({ maxEntries: 1, perKey: 1, reuse: true, lifetime: 1000 })).toEqual({ store: undefined, maxEntries: 1, perKey: 1, reuse: true, lifetimeMs: 1000 });
    expect(checkClientSessions({ maxEntries: 1_000_000, perKey: 100, lifetime: '1s' })).toMatchObject({ maxEntries: 1_000_000, perKey: 100, lifetimeMs: 1000 });
  });

  it.each<[unknown, string, RegExp]>([
    [{ maxEntires: 5 }, 'sessions.maxEntires', /there is no such option; did you mean maxEntries\?/],
    [{ qwertyuiop: 5 }, 'sessions.qwertyuiop', /there is no such option$/],
    [{ tickets: false }, 'sessions.tickets', /there is no such option/],
    [true, 'sessions', /expected an object with options, or false/],
    [null, 'sessions', /expected an object with options, or false/],
    [[], 'sessions', /expected an object with options, or false/],
    [{ maxEntries: 0 }, 'sessions.maxEntries', /a whole number from 1 to 1000000, found 0/],
    [{ maxEntries: 1_000_001 }, 'sessions.maxEntries', /found 1000001/],
    [{ maxEntries: 1.5 }, 'sessions.maxEntries', /found 1\.5/],
    [{ maxEntries: '5' }, 'sessions.maxEntries', /found "5"/],
    [{ maxEntries: {} }, 'sessions.maxEntries', /found a value of type object/],
    [{ perKey: 0 }, 'sessions.perKey', /a whole number from 1 to 100, found 0/],
    [{ perKey: 101 }, 'sessions.perKey', /found 101/],
    [{ lifetime: '7d1' }, 'sessions.lifetime', /expected a duration such as '2h'.*1s to 7d, found "7d1"/],
    [{ lifetime: '8d' }, 'sessions.lifetime', /expected 1s to 7d, found 8d/],
    [{ lifetime: 999 }, 'sessions.lifetime', /expected 1s to 7d, found 999ms/],
    [{ lifetime: Infinity }, 'sessions.lifetime', /found Infinity/],
    [{ store: new Map() }, 'sessions.store', /methods take, put, forget; take, put, forget are missing/],
    [{ store: { take() {}, put() {} } }, 'sessions.store', /forget is missing/],
    [{ store: null }, 'sessions.store', /are missing/],
    [{ store: memorySessionStore(), maxEntries: 5 }, 'sessions.maxEntries', /a store is given that keeps them; leave it out/],
    [{ store: memorySessionStore(), perKey: 5 }, 'sessions.perKey', /a store is given that keeps them; leave it out/],
    [{ store: memorySessionStore(), reuse: true }, 'sessions.reuse', /a store is given that keeps them; leave it out/],
    [{ reuse: 'yes' }, 'sessions.reuse', /found "yes"/],
  ])('%o is refused', (options, option, reason) => {
    expect(() => checkClientSessions(options as ClientSessionOptions)).toThrow(refusal(option, reason));
  });
});

describe('sessions of a server', () => {
  it('are tickets with an own secret and ids in memory for two hours, when nothing is said', () => {
    const defaults = {
      tickets: { secret: undefined, rotationMs: HOUR, lifetimeMs: 2 * HOUR, purpose: '' }, lifetimeMs: 2 * HOUR, ids: 'memory', maxEntries: 1000, idContext: '',
    };
    expect(checkServerSessions(undefined)).toEqual(defaults);
    expect(checkServerSessions({})).toEqual(defaults);
  });

  it('are off with false', () => {
    expect(checkServerSessions(false)).toBeUndefined();
  });

  it('share their tickets with those of the same secret, as text or as bytes', () => {
    const keys = (options: ServerSessionOptions): string => {
      const values = checkServerSessions(options);
      if (values?.tickets === undefined) return expect.fail('no tickets');
      return new TicketKeys({ ...values.tickets, now: () => 0 }).current().id;
    };
    const text = 'ü'.repeat(16);
    expect(keys({ ticketSecret: text })).toBe(keys({ ticketSecret: Buffer.from(text) }));
    expect(keys({ ticketSecret: text })).not.toBe(keys({ ticketSecret: secret }));
    expect(keys({ ticketSecret: text })).not.toBe(keys({ ticketSecret: text, rotation: '2h' }));
    expect(keys({ ticketSecret: text })).not.toBe(keys({ ticketSecret: text, idContext: 'mail' }));
    expect(keys({})).not.toBe(keys({}));
  });

  it('use the keys that are given, one or several', () => {
    expect(checkServerSessions({ ticketKeys: key })?.tickets).toEqual({ keys: [key] });
    const other = new Uint8Array(48);
    expect(checkServerSessions({ ticketKeys: [key, other] })?.tickets).toEqual({ keys: [key, other] });
  });

  it('are as they are asked for, up to the limits', () => {
    const ids = memoryServerSessions();
    expect(checkServerSessions({ tickets: false, maxEntries: 7 })).toMatchObject({ tickets: undefined, ids: 'memory', maxEntries: 7 });
    expect(checkServerSessions({ ids })?.ids).toBe(ids);
    expect(checkServerSessions({ ids: false })?.ids).toBeUndefined();
    expect(checkServerSessions({ lifetime: '7d', rotation: '1h' })?.tickets).toMatchObject({ rotationMs: HOUR, lifetimeMs: 7 * DAY });
    expect(checkServerSessions({ lifetime: '168m', rotation: '1m' })?.tickets).toMatchObject({ rotationMs: 60_000 });
    expect(checkServerSessions({ rotation: '7d', lifetime: '1s' })).toMatchObject({ tickets: { rotationMs: 7 * DAY }, lifetimeMs: 1000 });
    expect(checkServerSessions({ idContext: 'x'.repeat(255) })?.idContext).toHaveLength(255);
  });

  it.each<[unknown, string, RegExp]>([
    [{ ticketsecret: secret }, 'sessions.ticketsecret', /did you mean ticketSecret\?/],
    [{ perKey: 4 }, 'sessions.perKey', /there is no such option/],
    [true, 'sessions', /expected an object with options, or false/],
    [{ tickets: 'yes'.repeat(20) }, 'sessions.tickets', /expected true or false, found "(?:yes){13}y…"/],
    [{ tickets: false, ids: false }, 'sessions.ids', /nothing can be resumed: give sessions: false/],
    [{ tickets: false, ticketSecret: secret }, 'sessions.ticketSecret', /tickets is false; leave it out/],
    [{ tickets: false, ticketKeys: key }, 'sessions.ticketKeys', /tickets is false; leave it out/],
    [{ tickets: false, rotation: '1h' }, 'sessions.rotation', /tickets is false; leave it out/],
    [{ ticketKeys: key, ticketSecret: secret }, 'sessions.ticketSecret', /ticketKeys are given/],
    [{ ticketKeys: key, rotation: '1h' }, 'sessions.rotation', /ticketKeys are given/],
    [{ ticketKeys: 'AAAA' }, 'sessions.ticketKeys', /expected bytes, or a list of bytes/],
    [{ ticketKeys: [key, 'AAAA'] }, 'sessions.ticketKeys', /expected bytes, or a list of bytes/],
    [{ ticketKeys: [] }, 'sessions.ticketKeys', /the list is empty/],
    [{ ticketKeys: key.subarray(1) }, 'sessions.ticketKeys[0]', /it has 47 bytes instead of 48/],
    [{ ticketSecret: 'x'.repeat(31) }, 'sessions.ticketSecret', /it has 31 bytes; give at least 32/],
    [{ ticketSecret: '' }, 'sessions.ticketSecret', /it has 0 bytes/],
    [{ ticketSecret: secret.subarray(1) }, 'sessions.ticketSecret', /it has 31 bytes/],
    [{ ticketSecret: 5 }, 'sessions.ticketSecret', /expected bytes or text/],
    [{ rotation: '59s' }, 'sessions.rotation', /expected 1m to 7d, found 59s/],
    [{ rotation: '8d' }, 'sessions.rotation', /expected 1m to 7d, found 8d/],
    [{ rotation: '1m', lifetime: '169m' }, 'sessions.rotation', /1m is too short for a lifetime of 169m: more than 168 keys would be kept; give at least \d+ms/],
    [{ lifetime: '8d' }, 'sessions.lifetime', /expected 1s to 7d, found 8d/],
    [{ lifetime: 0 }, 'sessions.lifetime', /expected 1s to 7d, found 0ms/],
    [{ ids: { load() {}, store() {} } }, 'sessions.ids', /forget is missing/],
    [{ ids: 'memory' }, 'sessions.ids', /methods load, store, forget/],
    [{ ids: false, maxEntries: 5 }, 'sessions.maxEntries', /none are kept there; leave it out/],
    [{ ids: memoryServerSessions(), maxEntries: 5 }, 'sessions.maxEntries', /none are kept there; leave it out/],
    [{ maxEntries: 0 }, 'sessions.maxEntries', /from 1 to 1000000, found 0/],
    [{ idContext: '' }, 'sessions.idContext', /1 to 255 bytes/],
    [{ idContext: 'ü'.repeat(128) }, 'sessions.idContext', /1 to 255 bytes/],
    [{ idContext: 5 }, 'sessions.idContext', /1 to 255 bytes/],
  ])('%o is refused', (options, option, reason) => {
    expect(() => checkServerSessions(options as ServerSessionOptions)).toThrow(refusal(option, reason));
  });
});

function refusal(option: string, reason: RegExp): unknown {
  return expect.objectContaining({ code: 'ERR_SOCK_TLS_OPTION', option, message: expect.stringMatching(reason) });
}
