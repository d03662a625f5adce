import { SocketError } from '@sock/core';
import { AddressDeniedError } from './address-denied-error.ts';
import type { AddressPolicy } from './address-policy.ts';
import type { AddressRange, RangeName } from './address-ranges.ts';
import { NAMED_RANGES, parseRange, within } from './address-ranges.ts';
import type { Faces } from './faces.ts';
import { facesOf } from './faces.ts';

/** A name for ranges (`"loopback"`), an IP address, a range (`"10.0.0.0/8"`), or `"unix"` for all Unix sockets. */
// oxlint-disable-next-line no-redundant-type-constituents -- names the words, although any text may be an address
export type AddressRule = RangeName | 'unix' | (string & {});

/** Options of {@link addressPolicy}; each list has 1,000 entries at most. */
export interface AddressPolicyOptions {
  /** Nothing but these. Default: **everything** */
  readonly allow?: readonly AddressRule[] | undefined;
  /** Not these, whatever `allow` says. Default: **nothing** */
  readonly deny?: readonly AddressRule[] | undefined;
  /** These are not meant by `deny`: holes in it. Default: **none** */
  readonly except?: readonly AddressRule[] | undefined;
  /** Hears of every address that was refused; what it throws is dropped. Default: **nothing hears of it** */
  readonly onDenied?: ((error: AddressDeniedError) => void) | undefined;
}

/**
 * A policy of allowed and denied addresses for `connect`, `tcp`, `unix` and `listen`. An IPv6 address that stands for an IPv4 address, or leads to
 * one, is judged by that one as well (see the guide).
 *
 * @throws `ERR_SOCK_ARGUMENT` for an entry that is neither a name nor a range, for an option that is none, and for a policy without a rule
 * @example
 * ```ts
 * const policy = addressPolicy({ allow: ['10.20.0.0/16', 'fd00:20::/32'] });
 * const socket = await connect('db.internal:5432', { policy });
 * ```
 */
export function addressPolicy(options: AddressPolicyOptions): AddressPolicy {
  if (typeof options !== 'object' || (options as unknown) === null) throw badRule('options', 'are no object');
  for (const name of Object.keys(options)) if (!OPTIONS.has(name)) throw badRule(name, 'is no option; there are allow, deny, except and onDenied');
  const { onDenied } = options;
  if (onDenied !== undefined && typeof onDenied !== 'function') throw badRule('onDenied', 'takes a function');
  const allow = options.allow === undefined ? undefined : parseRules('allow', options.allow);
  const deny = parseRules('deny', options.deny ?? []);
  const except = parseRules('except', options.except ?? []);
  if (allow === undefined && deny.length === 0) throw badRule('allow, deny', 'are both missing: such a policy would allow everything');

  const reason = (address: string | undefined): string | undefined => {
    if (address === undefined) return 'its address is not known';
    const faces = facesOf(address);
    if (faces === undefined) return 'it is no IP address';
    const denied = deniedBy(faces, deny, except);
    if (denied !== undefined) return denied;
    return allow === undefined || allow.some((rule) => faces.same.some((face) => matches(rule, face))) ? undefined : 'not in the allow list';
  };
  return {
    key: `policy(${[['allow', allow], ['deny', deny], ['except', except]].map(([name, rules]) => keyPart(name as string, rules as readonly Rule[] | undefined)).join('')})`,
    refusal: (address, phase, endpoint) => {
      const rule = reason(address);
      if (rule === undefined) return undefined;
      const error = new AddressDeniedError(address ?? 'unknown', rule, phase, endpoint);
      try {
        onDenied?.(error);
      } catch {
        // Dropped, as the option says: any peer can make it run.
      }
      return error;
    },
  };
}

/**
 * {@link addressPolicy} against requests forged on the server side (SSRF): denies every address that is not one of the public Internet, and Unix
 * sockets. These are all {@link RangeName}s.
 *
 * @example
 * ```ts
 * const dial = tcp({ policy: denyPrivate({ except: ['10.1.2.3'] }) });
 * ```
 */
export function denyPrivate(options: Omit<AddressPolicyOptions, 'allow'> = {}): AddressPolicy {
  const more: unknown = (options as typeof options | null)?.deny ?? [];
  if ((options as unknown) === null || !Array.isArray(more)) throw badRule('deny', 'takes a list with 1,000 entries at most');
  return addressPolicy({ ...options, deny: [...Object.keys(NAMED_RANGES), 'unix', ...(more as AddressRule[])] });
}

/** `range` is missing for Unix sockets. */
interface Rule {
  /** As it was given. */
  readonly entry: string;
  readonly text: string;
  readonly range: AddressRange | undefined;
}

const OPTIONS: ReadonlySet<string> = /*#__PURE__*/ new Set(['allow', 'deny', 'except', 'onDenied']);

function deniedBy({ same, inside }: Faces, deny: readonly Rule[], except: readonly Rule[]): string | undefined {
  for (const face of [...same, ...inside]) {
    const rule = deny.find((each) => matches(each, face));
    if (rule !== undefined && !except.some((each) => matches(each, face))) return rule.text;
  }
  return undefined;
}

function matches({ range }: Rule, face: Uint8Array | 'unix'): boolean {
  return face === 'unix' ? range === undefined : range !== undefined && within(face, range);
}

function parseRules(option: string, entries: readonly AddressRule[]): Rule[] {
  if (!Array.isArray(entries) || entries.length > 1000) throw badRule(option, 'takes a list with 1,000 entries at most');
  return (entries as readonly unknown[]).flatMap((entry): Rule[] => {
    if (typeof entry !== 'string') throw badRule(option, `has an entry that is no text (${typeof entry})`);
    if (entry === 'unix') return [{ entry, text: entry, range: undefined }];
    const named: readonly string[] | undefined = Object.hasOwn(NAMED_RANGES, entry) ? NAMED_RANGES[entry as RangeName] : undefined;
    return (named ?? [entry]).map((text) => {
      const range = parseRange(text);
      if (range === undefined) throw badRule(`${option}: "${entry.slice(0, 60)}"`, `is neither an IP address, nor a range such as 10.0.0.0/8 with no bit set behind its prefix, nor one of unix, ${Object.keys(NAMED_RANGES).join(', ')}`);
      return { entry, text: named === undefined ? text : `${entry} ${text}`, range };
    });
  });
}

function keyPart(name: string, rules: readonly Rule[] | undefined): string {
  return rules === undefined ? '' : ` ${name}[${[...new Set(rules.map(({ entry }) => entry))].toSorted().join()}]`;
}

function badRule(what: string, why: string): SocketError<'ERR_SOCK_ARGUMENT'> {
  return new SocketError('ERR_SOCK_ARGUMENT', `addressPolicy() ${what} ${why}`, { phase: 'config', category: 'usage' });
}

