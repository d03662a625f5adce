import { authorityConstraints, authorityKeyUsage, subjectKeyIdentifier } from './extensions.ts';
import type { CertificateContent } from './certificate.ts';
import { distinguishedName } from './distinguished-name.ts';
import { DevCertsError } from './errors.ts';
import { keyPairFor, type KeyOptions } from './key-pair.ts';
import { nameConstraintsFor, type NameConstraints } from './name-constraints.ts';
import { allowed, describe, onlyKnown, strings } from './options.ts';
import { REVOCATION_POINTER_KEYS, revocationPointers, type RevocationPointerOptions } from './revocation-pointers.ts';
import { VALIDITY_KEYS, validityFor, type Validity, type ValidityOptions } from './validity.ts';

/** What a root says. */
export interface AuthorityOptions extends KeyOptions, ValidityOptions {
  /**
   * Common name, 1 to 64 characters. Default: **`'Sock development CA'`**, and for an intermediate
   * **`'Sock development intermediate'`**.
   */
  readonly name?: string;
  /**
   * How many authorities may stand between this one and a leaf (RFC 5280 §4.2.1.9), 0 to 255. Default: **one less than the
   * issuer's**, or no limit.
   */
  readonly pathLength?: number;
  /** Which names certificates beneath it may have. Default: **all**. */
  readonly nameConstraints?: NameConstraints;
}

/** What an intermediate says. */
export interface IntermediateOptions extends AuthorityOptions, RevocationPointerOptions {
  /**
   * Rules to break on purpose, for tests: `'exceed-path-length'` gives an authority where the issuer's path length allows
   * none, `'outlive-issuer'` one that ends after its issuer. Default: **none**.
   */
  readonly allow?: readonly ('exceed-path-length' | 'outlive-issuer')[];
}

/** What an issuer's limits are. */
export interface IssuerLimits {
  readonly validity: Validity;
  readonly pathLength: number | undefined;
}

/** Content of an authority's certificate, and the limit that it passes on. */
export interface AuthorityContent extends CertificateContent {
  readonly pathLength: number | undefined;
}

/**
 * Turns options into the content of a root's certificate.
 *
 * @throws DevCertsError
 */
export function rootContent(options: AuthorityOptions): AuthorityContent {
  onlyKnown('', options, AUTHORITY_KEYS);
  return content(options, 'Sock development CA', validityFor(options, AUTHORITY_DAYS), ownPathLength(options));
}

/**
 * Turns options into the content of an intermediate's certificate.
 *
 * @throws DevCertsError
 */
export function intermediateContent(options: IntermediateOptions, issuer: IssuerLimits): AuthorityContent {
  onlyKnown('', options, INTERMEDIATE_KEYS);
  const allow = strings('allow', options.allow).map((rule) => allowed('allow', rule, ['exceed-path-length', 'outlive-issuer']));
  const limit = allow.includes('exceed-path-length') ? undefined : issuer.pathLength;
  const pathLength = pathLengthBeneath(options, limit);
  const validity = validityFor(options, AUTHORITY_DAYS, allow.includes('outlive-issuer') ? undefined : issuer.validity);
  const pointers = revocationPointers(options);
  const made = content(options, 'Sock development intermediate', validity, pathLength);
  return { ...made, extensions: [...made.extensions, ...pointers] };
}

const AUTHORITY_DAYS = 365;

const AUTHORITY_KEYS = {
  ...VALIDITY_KEYS,
  keyType: true,
  key: true,
  name: true,
  pathLength: true,
  nameConstraints: true,
} satisfies Record<keyof AuthorityOptions, true>;

const INTERMEDIATE_KEYS = { ...AUTHORITY_KEYS, ...REVOCATION_POINTER_KEYS, allow: true } satisfies Record<
  keyof IntermediateOptions,
  true
>;

function content(options: AuthorityOptions, name: string, validity: Validity, pathLength: number | undefined): AuthorityContent {
  const subject = distinguishedName('name', options.name ?? name);
  const constraints = options.nameConstraints === undefined ? [] : [nameConstraintsFor(options.nameConstraints)];
  const keys = keyPairFor(options);
  const extensions = [authorityConstraints(pathLength), authorityKeyUsage(), subjectKeyIdentifier(keys.spki), ...constraints];
  return { subject, keys, validity, extensions, pathLength };
}

function ownPathLength({ pathLength }: AuthorityOptions): number | undefined {
  if (pathLength === undefined || (Number.isInteger(pathLength) && pathLength >= 0 && pathLength <= 255)) return pathLength;
  const message = `is ${describe(pathLength)}; allowed are whole numbers from 0 to 255`;
  throw new DevCertsError('ERR_SOCK_DEV_CERTS_OPTION', 'pathLength', message);
}

function pathLengthBeneath(options: AuthorityOptions, issuers: number | undefined): number | undefined {
  const own = ownPathLength(options);
  if (issuers === undefined) return own;
  const most = issuers - 1;
  if (most >= 0 && (own ?? most) <= most) return own ?? most;
  const message =
    most < 0 ? 'the issuer has path length 0 and may issue leaves only' : `is ${own}, the issuer's is ${issuers}; at most ${most} is allowed`;
  const way = "unless allow: ['exceed-path-length'] is passed";
  throw new DevCertsError('ERR_SOCK_DEV_CERTS_PATH_LENGTH', 'pathLength', `${message}, ${way}`);
}
