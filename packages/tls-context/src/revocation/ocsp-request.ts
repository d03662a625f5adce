import { createHash } from 'node:crypto';
import { Integer, Null, OctetString } from 'asn1js';
import { AlgorithmIdentifier, CertID, OCSPRequest, Request } from 'pkijs';
import type { CertificateFacts } from './certificate-facts.ts';

/**
 * The question for the state of one certificate (RFC 6960 section 4.1.1), DER. The issuer is named by SHA-1, as RFC 5019 section 2.1.1 demands and
 * all responders understand; no nonce, because the answer is for everybody.
 */
export function ocspRequest(leaf: CertificateFacts, issuer: CertificateFacts): Uint8Array {
  const sha1 = (bytes: Uint8Array): OctetString => new OctetString({ valueHex: createHash('sha1').update(bytes).digest() });
  const reqCert = new CertID({
    hashAlgorithm: new AlgorithmIdentifier({ algorithmId: '1.3.14.3.2.26', algorithmParams: new Null() }),
    issuerNameHash: sha1(leaf.issuer),
    issuerKeyHash: sha1(issuer.keyBits),
    serialNumber: new Integer({ valueHex: Uint8Array.from(leaf.serial) }),
  });
  const request = new OCSPRequest();
  request.tbsRequest.requestList = [new Request({ reqCert })];
  return new Uint8Array(request.toSchema(true).toBER());
}
