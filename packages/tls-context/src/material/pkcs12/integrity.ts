import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Asn1 } from './asn1.ts';
import { octets, oid, sequence } from './asn1.ts';
import { damaged, Pkcs12Fault, unsupported } from './pkcs12-fault.ts';
import { HASHES, HMACS, MAX_PKCS12_ROUNDS, pbkdf2Key, pkcs12Key, PURPOSE, roundsOf, saltOf } from './key-derivation.ts';
import type { Passphrase } from './passphrase.ts';

/**
 * Finds the form of the passphrase under which the MAC is right (RFC 7292, section 5.1; PBMAC1 by RFC 9579).
 *
 * @param content - what the MAC is of
 * @param forms - tried in order
 * @throws Pkcs12Fault
 */
export function checkMac(macData: Asn1 | undefined, content: Uint8Array, forms: readonly Passphrase[], given: boolean): Passphrase {
  if (macData === undefined) {
    throw new Pkcs12Fault(
      'ERR_SOCK_TLS_MATERIAL',
      'it has no integrity check (MAC), so whoever could write to it may have put other certificates in: make it again without "-nomac"',
    );
  }
  const [digestInfo, salt, rounds] = sequence(macData, 'the MAC');
  const [algorithm, digest] = sequence(digestInfo, 'the MAC');
  const expected = octets(digest, 'the MAC');
  const compute = macBy(algorithm, salt, rounds);
  const right = forms.find((form) => {
    const mac = compute(form, content);
    return mac.length === expected.length && timingSafeEqual(mac, expected);
  });
  if (right !== undefined) return right;
  throw new Pkcs12Fault('ERR_SOCK_TLS_PASSPHRASE', given ? 'the passphrase does not open it, or the file is damaged' : 'it is encrypted: give its passphrase to pkcs12(file, passphrase)');
}

type Mac = (passphrase: Passphrase, content: Uint8Array) => Buffer;

function macBy(algorithm: Asn1 | undefined, saltValue: Asn1 | undefined, roundsValue: Asn1 | undefined): Mac {
  const [id, parameters] = sequence(algorithm, 'the algorithm of the MAC');
  const found = oid(id, 'the algorithm of the MAC');
  if (found === '1.2.840.113549.1.5.14') return pbmac1(parameters);
  const hash = HASHES.get(found);
  if (hash === undefined) throw unsupported(`a MAC by ${found}`);
  const salt = saltOf(saltValue);
  const rounds = roundsValue === undefined ? 1 : roundsOf(roundsValue, MAX_PKCS12_ROUNDS);
  return ({ bmp }, content) => createHmac(hash.name, pkcs12Key(hash, bmp, salt, rounds, PURPOSE.mac, hash.output)).update(content).digest();
}

function pbmac1(parameters: Asn1 | undefined): Mac {
  const [derivation, scheme] = sequence(parameters, 'PBMAC1');
  const id = oid(sequence(scheme, 'the scheme of PBMAC1')[0], 'the scheme of PBMAC1');
  const hash = HMACS.get(id);
  if (hash === undefined) throw unsupported(`PBMAC1 by ${id}`);
  return (passphrase, content) => {
    const key = pbkdf2Key(derivation, passphrase, undefined);
    // RFC 9579, section 9: a short key could be found without the passphrase.
    if (key.length < 20) throw damaged(`a MAC by a key of ${key.length} bytes`);
    return createHmac(hash.name, key).update(content).digest();
  };
}
