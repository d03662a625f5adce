import { promises as dns } from 'node:dns';
import type { RecordWithTtl } from 'node:dns';
import type { SectionInput } from '@sock/config';
import { SocketError } from '@sock/core';
import type { Lookup, LookupAnswer } from '../resolve-host.ts';
import { resolverSection } from './dns-section.ts';

/** Options of {@link resolver}. */
export interface ResolverOptions extends SectionInput<typeof resolverSection> {
  /** Name servers as IP addresses, with a port or without: `"192.0.2.53"`, `"[2001:db8::53]:5353"`. Default: **those of the system** */
  readonly servers?: readonly string[] | undefined;
}

/**
 * A look-up that asks name servers itself, for A and AAAA records at the same time, and knows how long answers live, which the system's resolver
 * does not tell. It reads no hosts file and no search domains, and uses no thread of the pool.
 *
 * @throws `ERR_SOCK_CONFIG`, `ERR_SOCK_ARGUMENT` for a server that is no address; looking up throws `ERR_SOCK_NAME`, retryable when no server gave an answer
 * @example
 * ```ts
 * const socket = await connect('example.com:80', { lookup: resolver({ servers: ['192.0.2.53'] }) });
 * ```
 */
export function resolver(options: ResolverOptions = {}): Lookup {
  const { servers, ...rest } = options;
  const { queryTimeout, tries, resolutionDelay, families, localhost } = resolverSection.resolve(rest, 'resolver()');
  const client = new dns.Resolver({ timeout: queryTimeout, tries });
  if (servers !== undefined) setServers(client, servers);
  const six = families.startsWith('ipv6');
  const wanted = families === 'ipv6' ? [6] : families === 'ipv4' ? [4] : six ? [6, 4] : [4, 6];
  return async (host) => {
    if (localhost && /^(?:.*\.)?localhost\.?$/i.test(host)) return wanted.map((family) => (family === 6 ? '::1' : '127.0.0.1'));
    const queries = wanted.map(async (family) => await (family === 6 ? client.resolve6(host, { ttl: true }) : client.resolve4(host, { ttl: true })));
    return answerOf(await settled(queries, resolutionDelay), host);
  };
}

/** `undefined` for a query that was not waited for. */
type Outcome = PromiseSettledResult<RecordWithTtl[]> | undefined;

/** Waits for all, but only `delay` longer than for the first that found something. */
async function settled(queries: readonly Promise<RecordWithTtl[]>[], delay: number): Promise<Outcome[]> {
  const outcomes: Outcome[] = queries.map(() => undefined);
  let timer: ReturnType<typeof setTimeout> | undefined;
  await new Promise<void>((resolve) => {
    let left = queries.length;
    const done = (index: number, outcome: Outcome): void => {
      outcomes[index] = outcome;
      left -= 1;
      if (left === 0) resolve();
      else if (outcome?.status === 'fulfilled') timer ??= setTimeout(resolve, delay);
    };
    for (const [index, query] of queries.entries()) {
      query.then((value) => done(index, { status: 'fulfilled', value }), (reason: unknown) => done(index, { status: 'rejected', reason }));
    }
  });
  clearTimeout(timer);
  // What comes later belongs to no answer any more.
  return [...outcomes];
}

function answerOf(outcomes: readonly Outcome[], host: string): LookupAnswer {
  const records = outcomes.flatMap((outcome) => (outcome?.status === 'fulfilled' ? outcome.value : []));
  const reasons: unknown[] = outcomes.flatMap((outcome) => (outcome?.status === 'rejected' ? [outcome.reason] : []));
  const failed = reasons.find((reason) => !saysNo(reason));
  if (records.length > 0) {
    // A family that is missing may be there the next time.
    const whole = failed === undefined && outcomes.every((outcome) => outcome !== undefined);
    const ttlMs = whole ? Math.min(...records.map(({ ttl }) => ttl)) * 1000 : 0;
    return Object.assign(records.map(({ address }) => address), { ttlMs });
  }
  const why = failed === undefined ? 'the name does not exist, or has no address; check the spelling' : 'no name server gave an answer; try again, or check the servers';
  const codes = reasons.map((reason) => (reason as NodeJS.ErrnoException).code).join(', ');
  throw new SocketError('ERR_SOCK_NAME', `dns ${host}: ${why} (${codes})`, { phase: 'dns', category: 'name', retryable: failed !== undefined, cause: failed ?? reasons[0] });
}

/** The server has answered, and there is nothing: NXDOMAIN, or no record of that type. */
function saysNo(reason: unknown): boolean {
  const { code } = reason as NodeJS.ErrnoException;
  // The name cannot even be asked for.
  return code === 'ENOTFOUND' || code === 'ENODATA' || code === 'EBADNAME';
}

function setServers(client: dns.Resolver, servers: readonly string[]): void {
  try {
    client.setServers(servers);
    if (servers.length > 0) return;
  } catch (error) {
    throw badServers(error);
  }
  throw badServers();
}

function badServers(cause?: unknown): SocketError<'ERR_SOCK_ARGUMENT'> {
  const message = 'resolver() servers takes a list of IP addresses, with a port or without: "192.0.2.53", "[2001:db8::53]:5353"';
  return new SocketError('ERR_SOCK_ARGUMENT', message, { phase: 'config', category: 'usage', cause });
}
