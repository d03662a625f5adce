import type { X509Certificate } from 'node:crypto';
import { TlsConfigError } from '../errors.ts';
import type { LoadedCertificate } from './material.ts';
import { subject } from './material.ts';

/**
 * Whether `issuer` signed `certificate`, and not only bears the right name. `checkIssued` compares names and key identifiers, `verify`
 * the signature.
 */
export function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  if (!certificate.checkIssued(issuer)) return false;
  try {
    return certificate.verify(issuer.publicKey);
  } catch {
    // OpenSSL cannot read the issuer's key: then it cannot have checked the signature either.
    return false;
  }
}

/**
 * The certificates from `leaf` upwards, as far as `others` lead, and those that are left over.
 */
export function orderChain<T extends { readonly x509: X509Certificate }>(leaf: T, others: readonly T[]): { chain: T[]; foreign: T[] } {
  const chain = [leaf];
  let foreign = [...others];
  let below = leaf.x509;
  // What signed itself has no one above it.
  while (!isIssuedBy(below, below)) {
    const above = foreign.find((one) => isIssuedBy(below, one.x509));
    if (above === undefined) break;
    chain.push(above);
    foreign = foreign.filter((one) => one !== above);
    below = above.x509;
  }
  return { chain, foreign };
}

/**
 * Checks that each certificate was issued by the next one, that each above the first is an authority, and that nothing else stands
 * there (RFC 5246, section 7.4.2; TLS 1.3 peers are lenient, those of TLS 1.2 often are not). A root at the end is allowed.
 *
 * @throws `ERR_SOCK_TLS_CHAIN_ORDER` with the certificate that breaks the order, and the right order where there is one
 */
export function checkChainOrder(chain: readonly LoadedCertificate[], option: string): void {
  const prints = chain.map(({ x509 }) => x509.fingerprint256);
  chain.forEach((above, index) => {
    if (prints.indexOf(prints[index] as string) < index) throw fault(option, `${named(above)} stands twice: leave the second out`);
    const below = chain[index - 1];
    if (below === undefined) return;
    if (!isIssuedBy(below.x509, above.x509)) throw fault(option, `${named(below)} was not issued by the certificate behind it, ${named(above)}: ${cure(chain)}`);
    if (!above.x509.ca && !isOldRoot(above.x509)) throw fault(option, `${named(above)} is no authority, so what it issued is refused by everyone: ${named(below)}`);
  });
}

/** A root of the first version of X.509 cannot say that it is one; peers have it themselves and pass over the one that is sent. */
function isOldRoot(certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer;
}

function cure(given: readonly LoadedCertificate[]): string {
  const [leaf, ...others] = given as readonly [LoadedCertificate, ...LoadedCertificate[]];
  const { chain, foreign } = orderChain(leaf, others);
  if (foreign.length === 0) return `the right order is ${chain.map(({ x509 }) => subject(x509)).join(', then ')}`;
  const last = chain[chain.length - 1] as LoadedCertificate;
  const keep = `leave out what is not in its chain: ${foreign.map(named).join(', ')}`;
  const issuer = (last.x509.issuer ?? '').replaceAll('\n', ', ');
  // Either a link is missing, or strangers stand behind a whole chain: both cures, because nothing here tells which was meant.
  return last.x509.subject === last.x509.issuer ? keep : `${keep}; or put the certificate "${issuer}" behind ${named(last)}`;
}

function named({ x509, source }: LoadedCertificate): string {
  return `${subject(x509)} (${source})`;
}

function fault(option: string, why: string): TlsConfigError {
  return new TlsConfigError('ERR_SOCK_TLS_CHAIN_ORDER', option, why);
}
