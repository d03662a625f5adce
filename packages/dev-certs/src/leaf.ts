import { distinguishedName, MAX_COMMON_NAME } from './distinguished-name.ts';
import type { Asn1 } from './der.ts';
import { dnsName } from './dns-name.ts';
import { DevCertsError } from './errors.ts';
import {
  extendedKeyUsage,
  leafConstraints,
  leafKeyUsage,
  mustStaple,
  ocspNoCheck,
  subjectAltName,
  subjectKeyIdentifier,
  type Usage,
} from './extensions.ts';
import { keyPairFor, type KeyOptions } from './key-pair.ts';
import { allowed, flag, onlyKnown, strings } from './options.ts';
import { REVOCATION_POINTER_KEYS, revocationPointers, type RevocationPointerOptions } from './revocation-pointers.ts';
import { serialNumber } from './serial-number.ts';
import { generalNames, SUBJECT_ALT_NAME_KEYS, type SubjectAltNameOptions } from './subject-alt-name.ts';
import type { CertificateContent } from './certificate.ts';
import { VALIDITY_KEYS, validityFor, type Validity, type ValidityOptions } from './validity.ts';

/** What a leaf certificate says. */
export interface LeafOptions extends SubjectAltNameOptions, KeyOptions, ValidityOptions, RevocationPointerOptions {
  /** Who may use it (extended key usage); `'ocsp'` is a delegated OCSP responder. Default: **`'server'`**. */
  readonly usage?: Usage;
  /**
   * Common name of the subject, 1 to 64 characters. Verifiers take names from `names` and `ips`; this one is for people.
   * Default: **the first of `names`, `ips`, `emails`, `uris`**, or no subject at all when that is longer; for usage `'ocsp'`
   * without any **`'Sock development OCSP responder'`**.
   */
  readonly commonName?: string;
  /** Demand a stapled OCSP answer from the server (RFC 7633). Default: **false**. */
  readonly mustStaple?: boolean;
  /** Say that nobody need ask whether it is revoked itself (id-pkix-ocsp-nocheck, RFC 6960 §4.2.2.2.1). Default: **true for usage `'ocsp'`**. */
  readonly ocspNoCheck?: boolean | undefined;
  /**
   * Serial number in hexadecimal, at most 20 bytes, for example `earlier.serialNumber`: two certificates that collide on
   * purpose. Default: **16 random bytes**.
   */
  readonly serialNumber?: string | undefined;
  /**
   * Rules to break on purpose, for tests: `'no-names'` gives a server certificate without names and addresses,
   * `'outlive-issuer'` one that ends after its issuer. Default: **none**.
   */
  readonly allow?: readonly ('no-names' | 'outlive-issuer')[];
}

const LEAF_DAYS = 90;

const LEAF_KEYS = {
  ...SUBJECT_ALT_NAME_KEYS,
  ...VALIDITY_KEYS,
  ...REVOCATION_POINTER_KEYS,
  keyType: true,
  key: true,
  usage: true,
  commonName: true,
  mustStaple: true,
  ocspNoCheck: true,
  serialNumber: true,
  allow: true,
} satisfies Record<keyof LeafOptions, true>;

/**
 * Turns options into the content of a leaf certificate that lives within `issuer`, when there is one.
 *
 * @throws DevCertsError
 */
export function leafContent(options: LeafOptions, issuer?: Validity): CertificateContent {
  onlyKnown('', options, LEAF_KEYS);
  const usage = allowed('usage', options.usage ?? 'server', ['server', 'client', 'both', 'ocsp']);
  const rules = issuer === undefined ? ['no-names'] : ['no-names', 'outlive-issuer'];
  const allow = strings('allow', options.allow).map((rule) => allowed('allow', rule, rules));
  const names = generalNames(options);
  if ((usage === 'server' || usage === 'both') && names.length === 0 && !allow.includes('no-names')) throw nameless(usage);
  const commonName = options.commonName ?? defaultCommonName(options, usage);
  const subject = distinguishedName('commonName', commonName);
  const validity = validityFor(options, LEAF_DAYS, allow.includes('outlive-issuer') ? undefined : issuer);
  const staple = flag('mustStaple', options.mustStaple);
  const noCheck = flag('ocspNoCheck', options.ocspNoCheck ?? usage === 'ocsp');
  const pointers = revocationPointers(options);
  const serial = options.serialNumber === undefined ? undefined : serialNumber('serialNumber', options.serialNumber);
  // The key comes last: nothing can fail any more, and it is the part that takes time.
  const keys = keyPairFor(options);
  const extensions: Asn1[] = [
    leafConstraints(),
    leafKeyUsage(keys.family),
    extendedKeyUsage(usage),
    subjectKeyIdentifier(keys.spki),
    ...(names.length > 0 ? [subjectAltName(names, commonName === undefined)] : []),
    ...pointers,
    ...(staple ? [mustStaple()] : []),
    ...(noCheck ? [ocspNoCheck()] : []),
  ];
  return { subject, keys, validity, extensions, serialNumber: serial };
}

function defaultCommonName(options: LeafOptions, usage: Usage): string | undefined {
  const { names: [name] = [], ips = [], emails = [], uris = [] } = options;
  const first = name === undefined ? [...ips, ...emails, ...uris][0] : dnsName('names[0]', name);
  if (first === undefined && usage === 'ocsp') return 'Sock development OCSP responder';
  return first !== undefined && first.length <= MAX_COMMON_NAME ? first : undefined;
}

function nameless(usage: Usage): DevCertsError {
  const message =
    `and \`ips\` are empty, and usage is '${usage}': no client would accept the server; ` +
    "give names: ['localhost'], or pass allow: ['no-names']";
  return new DevCertsError('ERR_SOCK_DEV_CERTS_NAME', 'names', message);
}
