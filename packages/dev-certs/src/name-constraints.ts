import { taggedBytes, type Asn1 } from './der.ts';
import { hostName } from './dns-name.ts';
import { DevCertsError } from './errors.ts';
import { nameConstraints } from './extensions.ts';
import { ipRange } from './ip-address.ts';
import { onlyKnown, strings } from './options.ts';
import { dnsGeneralName } from './subject-alt-name.ts';

/** Parts of the name space (RFC 5280 §4.2.1.10). */
export interface Subtrees {
  /** `example.test` stands for itself and every name beneath it. Default: **none**. */
  readonly names?: readonly string[];
  /** Ranges such as `10.0.0.0/8` and `fd00::/8`. Default: **none**. */
  readonly ips?: readonly string[];
}

/**
 * Which names may stand in certificates beneath an authority. Verifiers check it; `issue` does not, so that tests can make a
 * certificate that breaks it.
 */
export interface NameConstraints {
  /** Only these, among names of the same kind. Default: **everything**. */
  readonly permitted?: Subtrees;
  /** None of these, even if permitted. Default: **nothing**. */
  readonly excluded?: Subtrees;
}

/**
 * The extension for `constraints`.
 *
 * @throws DevCertsError `ERR_SOCK_DEV_CERTS_NAME`, or `ERR_SOCK_DEV_CERTS_OPTION` when it constrains nothing
 */
export function nameConstraintsFor(constraints: NameConstraints): Asn1 {
  onlyKnown('nameConstraints', constraints, { permitted: true, excluded: true } satisfies Record<keyof NameConstraints, true>);
  const permitted = subtrees('nameConstraints.permitted', constraints.permitted);
  const excluded = subtrees('nameConstraints.excluded', constraints.excluded);
  if (permitted.length + excluded.length > 0) return nameConstraints(permitted, excluded);
  throw new DevCertsError('ERR_SOCK_DEV_CERTS_OPTION', 'nameConstraints', 'is empty; name a subtree, or leave the option out');
}

function subtrees(option: string, found: Subtrees | undefined): Asn1[] {
  if (found === undefined) return [];
  onlyKnown(option, found, { names: true, ips: true } satisfies Record<keyof Subtrees, true>);
  const names = strings(`${option}.names`, found.names);
  const ips = strings(`${option}.ips`, found.ips);
  return [
    ...names.map((name, index) => dnsGeneralName(hostName(`${option}.names[${index}]`, name))),
    ...ips.map((range, index) => taggedBytes(7, ipRange(`${option}.ips[${index}]`, range))),
  ];
}
