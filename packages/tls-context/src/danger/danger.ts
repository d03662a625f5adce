import { nearestName } from '@sock/config';
import { TlsConfigError } from '../errors.ts';
import { openKeyLog } from './key-log.ts';
import type { Danger, WaivedRule } from './waiver.ts';
import { DANGER } from './waiver.ts';

/** Options of {@link danger}. */
export interface DangerOptions {
  /** Why this is right here, in words that a reviewer can judge; it stands in `TLS_INFO.danger` of every connection. At least 10 characters. */
  readonly reason: string;
  /** The rules that are waived. Default: **none** */
  readonly allow?: readonly WaivedRule[] | undefined;
  /**
   * A file to which the secrets of every connection are appended, in the format that Wireshark reads (NSS key log). It is made with
   * mode 0600; one that others may read is refused. **Whoever has it reads all that was sent.** Default: **none**
   */
  readonly keyLogFile?: string | undefined;
}

const RULES: readonly WaivedRule[] = ['untrusted-chain', 'any-name', 'weak-ciphers', 'own-certificate'];
const OPTIONS = ['reason', 'allow', 'keyLogFile'] as const;

/**
 * Makes the one value by which a context can be weakened: `createClientContext({ danger: danger({ reason, allow }) })`. All of it
 * goes through this import, so that one search for `tls-context/danger` finds every place.
 *
 * @throws `ERR_SOCK_TLS_OPTION` without a reason, or for a rule that does not exist; `ERR_SOCK_TLS_MATERIAL` for a key log that
 *   cannot be opened or that others may read
 */
export function danger(options: DangerOptions): Danger {
  for (const name of Object.keys(options)) {
    if (!(OPTIONS as readonly string[]).includes(name)) throw fault(`danger() has no option ${name}${hint(name, OPTIONS)}`);
  }
  const { reason, allow = [], keyLogFile } = options;
  if (typeof reason !== 'string' || reason.trim().length < 10) throw fault('danger() wants a reason: a sentence that says why this is right here');
  for (const rule of allow) {
    if (!RULES.includes(rule)) throw fault(`${JSON.stringify(rule)} is no rule that can be waived${hint(rule, RULES)}; there are ${RULES.join(', ')}`);
  }
  if (allow.length === 0 && keyLogFile === undefined) throw fault('danger() waives nothing: give allow, or keyLogFile');
  const keyLog = keyLogFile === undefined ? undefined : openKeyLog(keyLogFile);
  return Object.freeze({ reason: reason.trim(), allow: new Set(allow), keyLog, [DANGER]: true as const });
}

function hint(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? '' : `; did you mean ${nearest}?`;
}

function fault(why: string): TlsConfigError {
  return new TlsConfigError('ERR_SOCK_TLS_OPTION', 'danger', why);
}
