import { X509Certificate } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createAuthority } from '@sock/dev-certs';
import { leakGuard, rejection, until } from '@sock/testkit';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TlsError } from '../errors.ts';
import type { OcspStapler, StaplerOptions } from './stapler.ts';
import { stapler } from './stapler.ts';
import type { StapleUpdate } from './staple-subject.ts';

leakGuard();

const authority = createAuthority({ name: 'Root' });
const issued = authority.issue({ names: ['a.test'] });
const leaf = new X509Certificate(issued.cert);
const issuer = new X509Certificate(authority.ca);
const answer = (more: object = {}): Buffer => authority.ocspResponse({ certificate: issued, ...more });
const HOUR = 3_600_000;

/** What was told, and the stapler that told it; closed behind the test. */
interface Told {
  readonly staples: OcspStapler;
  readonly errors: TlsError[];
  readonly updates: StapleUpdate[];
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  vi.useRealTimers();
});

function start(options: StaplerOptions): Told {
  const errors: TlsError[] = [];
  const updates: StapleUpdate[] = [];
  const staples = stapler({ onError: (error) => errors.push(error), onUpdate: (update) => updates.push(update), ...options });
  cleanups.push(() => staples.close());
  return { staples, errors, updates };
}

/** A responder on loopback that answers as told. */
async function respond(how: (request: IncomingMessage, response: ServerResponse, count: number) => void): Promise<{ url: string; count: () => number }> {
  let count = 0;
  const server = createServer((request, response) => {
    request.resume();
    request.once('end', () => how(request, response, (count += 1)));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  cleanups.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, count: () => count };
}

const send = (response: ServerResponse, der: Uint8Array): void => void response.setHeader('content-type', 'application/ocsp-response').end(der);

describe('fetched', () => {
  test('the first response is fetched at once, verified and stapled', async () => {
    const der = answer();
    const { url } = await respond((request, response) => {
      expect(request).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/ocsp-request' } });
      send(response, der);
    });
    const { staples, updates, errors } = start({ responder: url });
    const feed = staples.attach(leaf, issuer);
    expect(feed.current()).toBeUndefined();
    await staples.ready();
    expect(Buffer.from(feed.current() as Uint8Array)).toEqual(der);
    expect(updates).toMatchObject([{ leaf }]);
    expect(errors).toEqual([]);
    feed.close();
    expect(feed.current()).toBeUndefined();
    expect(await rejection(feed.ready())).toMatchObject({ code: 'ERR_SOCK_TLS_DISPOSED' });
  });

  test('the address stands in the certificate', async () => {
    const { url } = await respond((_, response) => send(response, authority.ocspResponse({ certificate: named })));
    const named = authority.issue({ names: ['a.test'], ocspUrls: ['https://ocsp.test/', `${url}/path`] });
    const { staples } = start({});
    const feed = staples.attach(new X509Certificate(named.cert), issuer);
    await feed.ready();
    expect(feed.current()).toBeDefined();
  });

  test.each<[string, (response: ServerResponse) => void, string, RegExp]>([
    ['a page of HTML', (response) => void response.setHeader('content-type', 'text/html').end('<p>'), 'RESPONDER', /answered with text\/html/],
    ['an error of HTTP', (response) => void response.writeHead(503).end(), 'RESPONDER', /answered with HTTP 503/],
    ['a redirect', (response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(), 'RESPONDER', /redirect \(HTTP 302\), which is not followed/],
    ['more than 64 KiB', (response) => void response.end(Buffer.alloc(70_000)), 'RESPONDER', /more than 65536 bytes/],
    ['half an answer', (response) => void response.writeHead(200, { 'content-length': 500 }).write(Buffer.alloc(10), () => response.destroy()), 'RESPONDER', /stopped in the middle|could not be asked/],
    ['tryLater', (response) => send(response, authority.ocspResponse({ responseStatus: 'tryLater' })), 'RESPONDER', /said "tryLater"/],
    ['rubbish', (response) => send(response, Buffer.from('rubbish')), 'STAPLE_INVALID', /malformed/],
    ['a forged response', (response) => send(response, answer({ signer: createAuthority() })), 'STAPLE_FORGED', /forged/],
    ['a stale response', (response) => send(response, answer({ validity: 'expired' })), 'STAPLE_STALE', /ran out/],
    ['status unknown', (response) => send(response, answer({ status: 'unknown' })), 'STAPLE_INVALID', /does not know the certificate/],
    ['revoked', (response) => send(response, answer({ status: 'revoked', reason: 'keyCompromise' })), 'REVOKED', /this server's certificate "CN=a\.test" was revoked .*key compromise/],
  ])('%s is reported and not stapled', async (_, how, code, why) => {
    const { url } = await respond((_request, response) => how(response));
    const { staples, errors, updates } = start({ responder: url });
    const feed = staples.attach(leaf, issuer);
    const error = await rejection(feed.ready());
    expect(error).toMatchObject({ name: 'TlsError', code: `ERR_SOCK_TLS_${code}` });
    expect(error.message).toMatch(why);
    expect(errors).toEqual([error]);
    expect(updates).toEqual([]);
    expect(feed.current()).toBeUndefined();
  });

  test('a responder that says nothing, and one that is not there', async () => {
    const { url } = await respond(() => {});
    const silent = start({ responder: url, timeout: 50 });
    expect(await rejection(silent.staples.attach(leaf, issuer).ready())).toMatchObject({ code: 'ERR_SOCK_TLS_RESPONDER', category: 'timeout', retryable: true, message: expect.stringContaining('did not answer within 50 ms') });
    const nobody = start({ responder: 'http://127.0.0.1:1' });
    expect(await rejection(nobody.staples.attach(leaf, issuer).ready())).toMatchObject({ code: 'ERR_SOCK_TLS_RESPONDER', category: 'unreachable', endpoint: { host: '127.0.0.1', port: 1 }, message: expect.stringContaining('ECONNREFUSED') });
  });

  test('close ends a request that is under way, and reports nothing', async () => {
    const { url, count } = await respond(() => {});
    const { staples, errors } = start({ responder: url });
    const feed = staples.attach(leaf, issuer);
    const ready = rejection(feed.ready());
    await until(() => count() === 1, 'the responder is asked');
    staples.close();
    expect(await ready).toMatchObject({ code: 'ERR_SOCK_TLS_DISPOSED' });
    expect(errors).toEqual([]);
    expect(() => staples.attach(leaf, issuer)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_TLS_DISPOSED' }));
  });

  test('two contexts share one feed, until both have closed it', async () => {
    const { url, count } = await respond((_, response) => send(response, answer()));
    const { staples } = start({ responder: url });
    const first = staples.attach(leaf, issuer);
    await first.ready();
    const second = staples.attach(leaf, issuer);
    expect(second.current()).toBeDefined();
    first.close();
    first.close();
    expect(second.current()).toBeDefined();
    expect(count()).toBe(1);
    second.close();
    await staples.attach(leaf, issuer).ready();
    expect(count()).toBe(2);
  });
});

describe('in time', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] }));

  test('a response is refreshed at half of its life, and the old one stapled until then', async () => {
    const begun = Date.now();
    const ders = [answer(), answer({ thisUpdate: new Date(begun + 75 * HOUR) })];
    const { url, count } = await respond((_, response, number) => send(response, ders[number - 1] as Buffer));
    const { staples } = start({ responder: url });
    const feed = staples.attach(leaf, issuer);
    await feed.ready();
    vi.advanceTimersToNextTimer();
    expect((Date.now() - begun) / HOUR).toSatisfy((hours: number) => hours > 75.5 && hours <= 84.01);
    expect(feed.current()).toEqual(ders[0]);
    await feed.ready();
    expect(count()).toBe(2);
    expect(feed.current()).toEqual(ders[1]);
  });

  test('a failure keeps the old one while it is good, is tried again ever more slowly, and the old one goes when it runs out', async () => {
    const asked: number[] = [];
    const { url } = await respond((_, response, number) => {
      asked.push(Date.now());
      if (number === 1) send(response, answer({ nextUpdate: new Date(Date.now() + 2 * HOUR) }));
      else response.writeHead(500).end();
    });
    const { staples, errors } = start({ responder: url });
    const feed = staples.attach(leaf, issuer);
    await feed.ready();
    for (let wanted = 1; wanted <= 6; wanted += 1) {
      vi.advanceTimersToNextTimer();
      await until(() => errors.length === wanted, 'the failure is told');
      if (wanted === 1) expect(feed.current()).toBeDefined();
    }
    const waits = asked.slice(2).map((at, index) => (at - (asked[index + 1] as number)) / 60_000);
    expect(waits).toEqual([1, 2, 4, 8, 16].map((least) => expect.toSatisfy((wait: number) => wait >= least && wait <= least * 1.11)));
    vi.advanceTimersByTime(2 * HOUR);
    expect(feed.current()).toBeUndefined();
    expect(errors.every(({ code }) => code === 'ERR_SOCK_TLS_RESPONDER')).toBe(true);
  });

  test('revoked takes the old response away at once', async () => {
    const { url } = await respond((_, response, number) => send(response, answer(number === 1 ? {} : { status: 'revoked', thisUpdate: new Date() })));
    const { staples, errors } = start({ responder: url });
    const feed = staples.attach(leaf, issuer);
    await feed.ready();
    vi.advanceTimersToNextTimer();
    expect(await rejection(feed.ready())).toMatchObject({ code: 'ERR_SOCK_TLS_REVOKED' });
    expect(errors).toMatchObject([{ code: 'ERR_SOCK_TLS_REVOKED' }]);
    expect(feed.current()).toBeUndefined();
  });

  test('after a sleep of the machine the first look fetches again', async () => {
    const { url, count } = await respond((_, response, number) => send(response, answer(number === 1 ? {} : { thisUpdate: new Date() })));
    const { staples } = start({ responder: url });
    const feed = staples.attach(leaf, issuer);
    await feed.ready();
    // The clock went on, the timers did not.
    vi.setSystemTime(Date.now() + 200 * HOUR);
    expect(feed.current()).toBeUndefined();
    await feed.ready();
    expect(count()).toBe(2);
    expect(feed.current()).toBeDefined();
  });
});

describe('options', () => {
  test.each<[StaplerOptions, string, RegExp]>([
    [{ respoder: 'x' } as StaplerOptions, 'ERR_SOCK_TLS_OPTION', /did you mean responder/],
    [{ responder: 'https://ocsp.test' }, 'ERR_SOCK_TLS_OPTION', /only http: is asked/],
    [{ responder: 'ocsp.test' }, 'ERR_SOCK_TLS_OPTION', /no address/],
    [{ responder: 'http://ocsp.test', response: Buffer.of(1) }, 'ERR_SOCK_TLS_OPTION', /stands beside response/],
    [{ response: 'text' as unknown as Uint8Array }, 'ERR_SOCK_TLS_MATERIAL', /expected the bytes/],
    [{ timeout: '6m' }, 'ERR_SOCK_CONFIG', /timeout/],
    [{ minInterval: '1ms' }, 'ERR_SOCK_CONFIG', /minInterval/],
    [{ maxAge: '25d' }, 'ERR_SOCK_CONFIG', /maxAge/],
    [{ skew: '2d' }, 'ERR_SOCK_CONFIG', /skew/],
  ])('%j is refused', (options, code, why) => {
    expect(() => stapler(options)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(why) }));
  });

  test.each<[string, readonly string[], X509Certificate | undefined, RegExp]>([
    ['no issuer', ['http://ocsp.test'], undefined, /who issued it \("CN=Root"\) is not known.*give its certificate as issuer/],
    ['no responder', [], issuer, /it names no OCSP responder; give responder or response/],
    ['a responder with TLS', ['https://ocsp.test/'], issuer, /https:\/\/ocsp\.test is not asked, because only http: is/],
  ])('with %s nothing is stapled, and that is reported', async (_, urls, above, why) => {
    const { staples, errors } = start({});
    const feed = staples.attach(new X509Certificate(authority.issue({ names: ['a.test'], ocspUrls: [...urls] }).cert), above);
    expect(feed.current()).toBeUndefined();
    expect(await rejection(staples.ready())).toMatchObject({ code: 'ERR_SOCK_TLS_RESPONDER', message: expect.stringMatching(why) });
    expect(errors).toHaveLength(1);
    feed.close();
  });

  test('an issuer that the context does not know is given, among others', () => {
    const bundle = createAuthority({ name: 'Root' }).ca + authority.ca;
    const { staples, errors } = start({ response: answer(), issuer: bundle });
    expect(staples.attach(leaf, undefined).current()).toBeDefined();
    expect(errors).toEqual([]);
    const { staples: others } = start({ response: answer(), issuer: createAuthority({ name: 'Root' }).ca });
    expect(others.attach(leaf, undefined).current()).toBeUndefined();
    expect(() => stapler({ issuer: 'no certificate' })).toThrow(expect.objectContaining({ code: 'ERR_SOCK_TLS_PEM', option: 'issuer' }));
  });

  test('maxAge and skew count for what is stapled', () => {
    const at = (ms: number): Date => new Date(Date.now() + ms);
    const stapled = (options: StaplerOptions): boolean => start(options).staples.attach(leaf, issuer).current() !== undefined;
    const endless = answer({ thisUpdate: at(-24 * HOUR), nextUpdate: null });
    expect([stapled({ response: endless }), stapled({ response: endless, maxAge: '1h' })]).toEqual([true, false]);
    const ahead = answer({ thisUpdate: at(200_000) });
    expect([stapled({ response: ahead }), stapled({ response: ahead, skew: '1m' })]).toEqual([true, false]);
  });
});
