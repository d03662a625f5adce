import type { Asn1 } from './asn1.ts';
import { decode, explicit, implicitOctets, octets, oid, raw, sequence } from './asn1.ts';
import { damaged, unsupported } from './pkcs12-fault.ts';
import { decrypt } from './decryption.ts';
import type { Passphrase } from './passphrase.ts';

/** What was found in the bags of a file. */
export interface Bags {
  /** DER, in the order of the file. */
  readonly certs: Uint8Array[];
  /** PrivateKeyInfo (PKCS#8), DER. */
  readonly keys: Uint8Array[];
}

const DATA = '1.2.840.113549.1.7.1';
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6';
const MAX_NESTING = 4;

/**
 * Opens every safe of an AuthenticatedSafe and sorts what is in it (RFC 7292, section 4). Revocation lists and secrets are passed over.
 *
 * @throws Pkcs12Fault
 */
export function readSafes(content: Uint8Array, passphrase: Passphrase): Bags {
  const bags: Bags = { certs: [], keys: [] };
  for (const info of sequence(decode(content, 'the list of safes'), 'the list of safes')) {
    const [type, held] = sequence(info, 'a safe');
    const name = oid(type, 'the kind of a safe');
    const safe = explicit(held, 0, 'what a safe holds');
    if (name === DATA) readBags(decode(octets(safe, 'a safe'), 'a safe'), passphrase, bags, 0);
    else if (name === ENCRYPTED_DATA) readBags(decode(openSafe(safe, passphrase), 'a safe that was decrypted'), passphrase, bags, 0);
    else throw unsupported(`a safe of the kind ${name}`);
  }
  return bags;
}

/** EncryptedData (RFC 5652, section 8). */
function openSafe(value: Asn1, passphrase: Passphrase): Uint8Array {
  const [, info] = sequence(value, 'an encrypted safe');
  const [, algorithm, encrypted] = sequence(info, 'an encrypted safe');
  return decrypt(algorithm, implicitOctets(encrypted, 'what is encrypted'), passphrase);
}

function readBags(contents: Asn1, passphrase: Passphrase, bags: Bags, depth: number): void {
  if (depth > MAX_NESTING) throw damaged('safes within safes');
  for (const bag of sequence(contents, 'the bags of a safe')) {
    const [type, held] = sequence(bag, 'a bag');
    const value = explicit(held, 0, 'what a bag holds');
    switch (oid(type, 'the kind of a bag')) {
      case '1.2.840.113549.1.12.10.1.1':
        bags.keys.push(raw(value));
        break;
      case '1.2.840.113549.1.12.10.1.2': {
        const [algorithm, encrypted] = sequence(value, 'an encrypted key');
        bags.keys.push(decrypt(algorithm, octets(encrypted, 'an encrypted key'), passphrase));
        break;
      }
      case '1.2.840.113549.1.12.10.1.3': {
        const [kind, cert] = sequence(value, 'a certificate');
        if (oid(kind, 'the kind of a certificate') === '1.2.840.113549.1.9.22.1') bags.certs.push(octets(explicit(cert, 0, 'a certificate'), 'a certificate'));
        break;
      }
      case '1.2.840.113549.1.12.10.1.6':
        readBags(value, passphrase, bags, depth + 1);
        break;
      default:
    }
  }
}
