/**
 * OpenSSL's name of a cipher suite, from its IANA name or from its own: `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256` becomes
 * `ECDHE-RSA-AES128-GCM-SHA256`. The names of TLS 1.3 are the same in both, and what is no IANA name stays as it is.
 */
export function opensslName(name: string): string {
  const upper = name.toUpperCase();
  const parts = /^TLS_(.+)_WITH_(.+)$/.exec(upper);
  if (parts === null) return upper;
  const [keys, cipher] = [parts[1] as string, parts[2] as string];
  // OpenSSL leaves out what was usual in its youth: an exchange of keys by RSA, and (but for PSK) the mode CBC.
  const exchange = KEY_EXCHANGE.get(keys) ?? `${keys.replaceAll('_', '-').replace('EXPORT', 'EXP')}-`;
  const short = cipher
    .replace(/^CHACHA20_POLY1305_SHA256$/, 'CHACHA20-POLY1305')
    .replace(/^AES_(128|256)_/, keys.startsWith('SRP') ? 'AES-$1-' : 'AES$1-')
    .replace(/^3DES_EDE_CBC_/, 'DES-CBC3-')
    .replace(/^RC4_128_/, 'RC4-')
    .replace(/^(AES\d+-)CBC_/, keys.endsWith('PSK') ? '$1CBC-' : '$1')
    .replace(/CCM_8$/, 'CCM8')
    .replaceAll('_', '-');
  return `${exchange}${short}`;
}

/** Whether a suite is one of TLS 1.3, by its name. */
export function isTls13(name: string): boolean {
  return name.startsWith('TLS_');
}

/** What is wrong with a suite (by OpenSSL's name), or `undefined` for a good one; RFC 9325, section 4. */
export function weakness(name: string): string | undefined {
  return WEAKNESSES.find(([pattern]) => pattern.test(name))?.[1];
}

const KEY_EXCHANGE: ReadonlyMap<string, string> = /*#__PURE__*/ new Map([
  ['RSA', ''],
  ['PSK_DHE', 'DHE-PSK-'],
  ['DH_ANON', 'ADH-'],
  ['ECDH_ANON', 'AECDH-'],
  ['SRP_SHA', 'SRP-'],
  ['SRP_SHA_RSA', 'SRP-RSA-'],
  ['SRP_SHA_DSS', 'SRP-DSS-'],
]);

/** The worst first: one reason is told. */
const WEAKNESSES: readonly (readonly [RegExp, string])[] = [
  [/(?:^|[-_])NULL(?:$|[-_])/, 'does not encrypt'],
  [/(?:^|[-_])EXP(?:ORT)?(?:\d|$|[-_])/, 'has the short keys of old export rules'],
  [/^A(?:EC)?DH-|ANON/, 'is anonymous: nobody proves who they are'],
  [/RC4/, 'uses RC4, which is broken (RFC 7465)'],
  [/(?:^|-)DES-|3DES/, 'uses DES, whose blocks are too short'],
  [/RC2|IDEA|SEED/, 'uses an outdated cipher'],
  [/PSK/, 'uses a shared key in place of certificates'],
  [/SRP/, 'uses a password in place of certificates'],
  [/CCM_?8/, 'has an integrity check of 8 bytes only'],
  [/MD5$/, 'has an integrity check by MD5'],
  [/^(?!TLS_|ECDHE-|DHE-).*(?:-|_)/, 'has no forward secrecy: whoever gets the key reads all that was recorded before'],
  [/-SHA$/, 'uses CBC with an integrity check by SHA-1'],
  [/^(?:ECDHE|DHE)-(?!.*(?:GCM|CCM|CHACHA20)).*-SHA\d+$/, 'uses CBC, whose padding has been attacked again and again'],
];
