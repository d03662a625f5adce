import type { DurationField, IntField, OneOfField, Section, SectionInput, SectionValues } from '@sock/config';
import { duration, int, oneOf, section } from '@sock/config';

/** The versions of TLS that are spoken. */
export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

/** What {@link tlsSection} holds. */
export interface TlsFields {
  /**
   * The oldest version that is accepted. **TLSv1.2**
   *
   * Why: RFC 8996 forbids everything older.
   */
  readonly minVersion: OneOfField<TlsVersion>;
  /**
   * The newest version that is offered. **TLSv1.3**
   *
   * Why: the newest there is.
   */
  readonly maxVersion: OneOfField<TlsVersion>;
  /**
   * Time for a whole handshake, verification included. **30 s**, 1 ms to 10 min
   *
   * Why: ten times what a slow mobile link needs; a silent peer holds a descriptor no longer.
   */
  readonly handshakeTimeout: DurationField;
  /**
   * Certificates that a peer's chain may have above its own. **10**, 0 to 100
   *
   * Why: public chains have two or three; each costs a signature check.
   */
  readonly maxChainDepth: IntField;
  /**
   * Characters that a peer's certificate or alert may put into an error message. **512**, 64 to 8192
   *
   * Why: a peer must not fill a log.
   */
  readonly maxErrorText: IntField;
  /**
   * Handshakes that a server context runs at a time; others wait for their turn within their own time. A client that has sent no ClientHello
   * counts for none. **1000**, 1 to 1 000 000
   *
   * Why: each costs about a millisecond of a core; more at a time only makes all of them late.
   */
  readonly maxHandshakes: IntField;
  /**
   * Sessions that a context remembers in memory. **1000**, 1 to 1 000 000
   *
   * Why: about 3 KiB each; enough for the peers of most programs.
   */
  readonly sessionCacheSize: IntField;
}

/** Defaults and limits of TLS. Environment: `SOCK_TLS_…`. */
export const tlsSection: Section<'tls', TlsFields> = /*#__PURE__*/ section('tls', {
  minVersion: /*#__PURE__*/ oneOf(['TLSv1.2', 'TLSv1.3'], {
    default: 'TLSv1.2',
    doc: 'The oldest version of TLS that is accepted',
  }),
  maxVersion: /*#__PURE__*/ oneOf(['TLSv1.2', 'TLSv1.3'], {
    default: 'TLSv1.3',
    doc: 'The newest version of TLS that is offered',
  }),
  handshakeTimeout: /*#__PURE__*/ duration({
    default: '30s', min: '1ms', max: '10m',
    doc: 'Time for a whole handshake, verification included',
  }),
  maxChainDepth: /*#__PURE__*/ int({
    default: 10, min: 0, max: 100, unit: 'certificates',
    doc: 'Certificates that a peer\'s chain may have above its own',
  }),
  maxErrorText: /*#__PURE__*/ int({
    default: 512, min: 64, max: 8192, unit: 'characters',
    doc: 'Characters that a peer\'s certificate or alert may put into an error message',
  }),
  maxHandshakes: /*#__PURE__*/ int({
    default: 1000, min: 1, max: 1_000_000, unit: 'handshakes',
    doc: 'Handshakes that a server context runs at a time',
  }),
  sessionCacheSize: /*#__PURE__*/ int({
    default: 1000, min: 1, max: 1_000_000, unit: 'sessions',
    doc: 'Sessions that a context remembers in memory',
  }),
});

/** Resolved values of {@link tlsSection}. */
export type TlsValues = SectionValues<Section<'tls', TlsFields>>;

/** {@link tlsSection}'s fields as a caller may give them. */
export type TlsInput = SectionInput<Section<'tls', TlsFields>>;
