import type { SecureContext, SecureContextOptions } from 'node:tls';
import type { ClientHello } from '../hello/client-hello.ts';
import type { KeyType } from '../hello/key-type.ts';
import { chooseKeyType } from '../hello/key-type.ts';
import { ServerNames } from '../hello/server-names.ts';
import { TlsConfigError } from '../errors.ts';
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

/** Certificates for the same names whose keys are of different types: the client's hello decides between them. */
type Group = readonly [ServedCertificate, ...ServedCertificate[]];

/**
 * Loads a server's certificates: the default one, and those of `certificates` by their names. Those for the same names are one group.
 *
 * @throws the codes of loading a certificate; `ERR_SOCK_TLS_OPTION` for two certificates of one key type for the same name
 */
export function serverCertificates(options: ServerContextOptions, base: BaseEngine, parts: ServingParts): ServerCertificates {
  const { certificates = [], unknownName = 'default', staple } = options;
  if (unknownName !== 'default' && unknownName !== 'refuse') throw new TlsConfigError('ERR_SOCK_TLS_OPTION', 'unknownName', `${JSON.stringify(unknownName)} is neither default nor refuse`);
  const own = [base.own as OwnCertificate, ...certificates.map((one, index) => loadOwn(one, `certificates[${index}].`, base.rules.danger))];
  const served = own.map((one) => serve(one, base, parts, staple));
  const groups = groupByNames(own, served);
  const table = new ServerNames<Group>(groups.flatMap(({ names, group }) => names.map((name) => [name, group] as const)), 'certificates');
  const first = (groups[0] as { group: Group }).group;
  const choose = (group: Group, hello: ClientHello | undefined): ServedCertificate => {
    if (group.length === 1) return group[0];
    const type = chooseKeyType(hello, group.map(({ keyType }) => keyType as KeyType), base.values.maxVersion);
    return group.find(({ keyType }) => keyType === type) ?? group[0];
  };
  return {
    default: first[0],
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
  const issuer = own.chain[1]?.x509 ?? base.rules.anchors.issuersOf(own.leaf.x509)[0];
  return new ServedCertificate({
    keyType: own.keyType,
    native: (ticketKey) => parts.native({ cert: own.chainPem, key: own.keyPem }, ticketKey),
    staples: staple?.attach(own.leaf.x509, issuer),
    ids: parts.ids,
    lifetimeMs: parts.lifetimeMs,
  }, parts.ticketKey);
}

function groupByNames(own: readonly OwnCertificate[], served: readonly ServedCertificate[]): { names: readonly string[]; group: Group }[] {
  const groups = new Map<string, { names: readonly string[]; group: [ServedCertificate, ...ServedCertificate[]] }>();
  own.forEach(({ names, keyType }, index) => {
    const one = served[index] as ServedCertificate;
    const key = names.toSorted().join(' ');
    const known = groups.get(key);
    if (known === undefined) {
      groups.set(key, { names, group: [one] });
      return;
    }
    if (known.group.some((other) => other.keyType === keyType)) {
      throw new TlsConfigError('ERR_SOCK_TLS_OPTION', `certificates[${index - 1}]`, `there is a certificate with a key of type ${keyType} for ${key === '' ? 'no name' : key} already`);
    }
    known.group.push(one);
  });
  return [...groups.values()];
}
