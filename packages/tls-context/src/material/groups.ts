import { nearestName } from '@sock/config';
import { checkNameList, openssl, requireHeeded, unknownName } from './name-list.ts';
import { optionFault } from './option-fault.ts';

/**
 * The groups of the key exchange when none are given, the preferred first: the fastest, and the two that every peer has, behind the
 * hybrid of X25519 and ML-KEM where the runtime has it (OpenSSL 3.5), which keeps what is recorded today from the computers of tomorrow.
 *
 * Not what OpenSSL itself has for a default: until 3.5 that holds ffdhe8192, so that one short ClientHello costs a server 150 ms of work,
 * a hundred times what X25519 costs.
 */
export function defaultGroups(): string {
  return DEFAULT_GROUPS.find((list) => openssl({ ecdhCurve: list }) === undefined) ?? CLASSIC_GROUPS;
}

/** Everybody has these. */
const CLASSIC_GROUPS = 'X25519:P-256:P-384';

/** The best that the runtime takes. */
const DEFAULT_GROUPS: readonly string[] = [
  // A key share of both (`*`), so that a server without the hybrid costs no second round trip; and the hybrid before all others (`/`).
  '*X25519MLKEM768/*X25519:P-256:P-384',
  // BoringSSL (Bun) has the group and not the marks, and shares both by itself.
  `X25519MLKEM768:${CLASSIC_GROUPS}`,
  CLASSIC_GROUPS,
];

/**
 * Checks a list of groups for the key exchange (RFC 8446, section 4.2.7), the preferred first: `X25519`, `X448`, `P-256` (or `secp256r1`,
 * `prime256v1`), `P-384`, `P-521`, `ffdhe2048` to `ffdhe8192`, and the hybrids of ML-KEM where the runtime has them. A client sends the key
 * share of the first alone; a server that does not have it asks for another, which costs a round trip.
 *
 * @returns the list for Node's option `ecdhCurve`; {@link defaultGroups} when none are given
 * @throws `ERR_SOCK_TLS_OPTION`
 */
export function checkGroups(groups: readonly string[] | undefined): string {
  if (groups === undefined) return defaultGroups();
  const names = checkNameList(groups, { option: 'groups', noun: 'group', example: 'X25519', check: checkGroup });
  requireHeeded('ecdhCurve', 'groups');
  return names.join(':');
}

function checkGroup(given: string, place: string): string {
  const usual = given.toLowerCase().replace(/^(?:secp(256|384|521)r1|prime(256)v1)$/, 'p-$1$2');
  const name = GROUPS.find((group) => group.toLowerCase() === usual);
  if (name === undefined) throw unknownName(given, place, 'group for a key exchange', nearestName(usual, GROUPS), `; there are ${GROUPS.join(', ')}`);
  const refused = openssl({ ecdhCurve: name });
  if (refused !== undefined) throw optionFault(place, `the OpenSSL of this runtime does not have ${name}`, refused.refusal);
  return name;
}

/** As OpenSSL writes them. */
const GROUPS: readonly string[] = [
  'X25519', 'X448', 'P-256', 'P-384', 'P-521', 'ffdhe2048', 'ffdhe3072', 'ffdhe4096', 'ffdhe6144', 'ffdhe8192',
  'X25519MLKEM768', 'SecP256r1MLKEM768', 'SecP384r1MLKEM1024',
];
