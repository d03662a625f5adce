import type { SecureContext, SecureContextOptions } from 'node:tls';
import type { ClientHello } from '../hello/client-hello.ts';
import type { KeyType } from '../hello/key-type.ts';
import { chooseKeyType } from '../hello/key-type.ts';
import { ServerNames } from '../hello/server-names.ts';
import { optionFault } from '../material/option-fault.ts';
import type { OwnCertificate } from '../material/own-certificate.ts';
import type { ServerSessionStore } from '../session/session-store.ts';
import type { TicketKey } from '../session/ticket-keys.ts';
import type { BaseEngine } from './base-engine.ts';
import { loadOwn } from './base-engine.ts';
import { ServedCertificate } from './served-certificate.ts';
import type { ServerContextOptions } from './server-context.ts';

/** What all certificates of a server share. */
export interface ServingParts {
  readonly ticketKey: TicketKey | undefined;
  readonly ids: ServerSessionStore | undefined;
  readonly lifetimeMs: number;
  readonly native: (own: SecureContextOptions, ticketKey: TicketKey | undefined) => SecureContext;
}

/** The certificates of a server, and which of them a client gets. */
export interface ServerCertificates {
  readonly default: ServedCertificate;
  certificateFor(hello: ClientHello | undefined): ServedCertificate | undefined;
  close(): void;
}

/** Where the certificates stand that are for the same names, with keys of different types: the client's hello decides between them. */
type Group = readonly [number, ...number[]];

/**
 * Loads a server's certificates: the default one, and those of `certificates` by their names. Those for the same names are one group.
 *
 * @throws the codes of loading a certificate; `ERR_SOCK_TLS_OPTION` for two certificates of one key type for the same name
 */
export function serverCertificates(options: ServerContextOptions, base: BaseEngine, parts: ServingParts): ServerCertificates {
  const { certificates = [], unknownName = 'default', staple } = options;
  if (unknownName !== 'default' && unknownName !== 'refuse') throw optionFault('unknownName', `${JSON.stringify(unknownName)} is neither default nor refuse`);
  if (!Array.isArray(certificates)) throw optionFault('certificates', 'expected a list of { cert, key } or { pfx }');
  certificates.forEach((one: unknown, index) => {
    if (typeof one !== 'object' || one === null) throw optionFault(`certificates[${index}]`, 'expected { cert, key } or { pfx }');
  });
  const own = [base.own as OwnCertificate, ...certificates.map((one, index) => loadOwn(one, `certificates[${index}].`, base.rules.danger))];
  const groups = groupByNames(own);
  const table = new ServerNames<Group>(groups.flatMap(({ names, group }) => names.map((name) => [name, group] as const)), 'certificates');
  // Last: a stapler begins to work for each of them, and a context that cannot be made must leave nothing behind.
  const served = own.map((one) => serve(one, base, parts, staple));
  const first = (groups[0] as { group: Group }).group;
  const choose = (group: Group, hello: ClientHello | undefined): ServedCertificate => {
    const members = group.map((index) => served[index] as ServedCertificate);
    const type = chooseKeyType(hello, members.map(({ keyType }) => keyType as KeyType), base.values.maxVersion);
    return members.find(({ keyType }) => keyType === type) ?? (members[0] as ServedCertificate);
  };
  return {
    default: served[0] as ServedCertificate,
    certificateFor: (hello) => {
      const group = table.lookup(hello?.serverName) ?? (unknownName === 'default' ? first : undefined);
      return group === undefined ? undefined : choose(group, hello);
    },
    close: () => {
      for (const one of served) one.close();
    },
  };
}

function serve(own: OwnCertificate, base: BaseEngine, parts: ServingParts, staple: ServerContextOptions['staple']): ServedCertificate {
  return new ServedCertificate({
    keyType: own.keyType,
    native: (ticketKey) => parts.native({ cert: own.chainPem, key: own.keyPem }, ticketKey),
    // The issuer is looked for only when somebody needs it: all authorities of the runtime may have to be read for it.
    staples: staple?.attach(own.leaf.x509, own.chain[1]?.x509 ?? base.rules.anchors.issuersOf(own.leaf.x509)[0]),
    ids: parts.ids,
    lifetimeMs: parts.lifetimeMs,
  }, parts.ticketKey);
}

function groupByNames(own: readonly OwnCertificate[]): { names: readonly string[]; group: Group }[] {
  const groups = new Map<string, { names: readonly string[]; group: [number, ...number[]] }>();
  own.forEach(({ names, keyType }, index) => {
    const key = names.toSorted().join(' ');
    const known = groups.get(key);
    if (known === undefined) {
      groups.set(key, { names, group: [index] });
      return;
    }
    if (known.group.some((other) => own[other]?.keyType === keyType)) {
      throw optionFault(`certificates[${index - 1}]`, `there is a certificate with a key of type ${keyType} for ${key === '' ? 'no name' : key} already`);
    }
    known.group.push(index);
  });
  return [...groups.values()];
}
