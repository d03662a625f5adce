/**
 * A certificate authority for development and tests. Not for production.
 *
 * @module
 */
export { createAuthority, type Authority } from './authority.ts';
export type { AuthorityOptions, IntermediateOptions } from './authority-options.ts';
export type { Certificate, CertificateFacts } from './certificate.ts';
export type { CertificateSource, SerialNumberSource } from './certificate-reference.ts';
export type { Crl, CrlOptions } from './crl.ts';
export type { RevokedCertificate } from './crl-entry.ts';
export type { CrlScopeOptions } from './crl-scope.ts';
export { DevCertsError, type DevCertsErrorCode } from './errors.ts';
export type { Usage } from './extensions.ts';
export type { IssuedCertificate } from './issued-certificate.ts';
export type { KeyOptions, KeyType, Signer } from './key-pair.ts';
export type { LeafOptions } from './leaf.ts';
export type { NameConstraints, Subtrees } from './name-constraints.ts';
export type { OcspErrorOptions, OcspResponder, OcspResponseOptions } from './ocsp-response.ts';
export type { OcspSingleOptions } from './ocsp-single-response.ts';
export type { Pkcs12Options } from './pkcs12.ts';
export type { RevocationPointerOptions } from './revocation-pointers.ts';
export type { RevocationReason, ScopedReason } from './revocation-reason.ts';
export { createSelfSigned, type SelfSignedOptions } from './self-signed.ts';
export type { SubjectAltNameOptions } from './subject-alt-name.ts';
export type { UpdatePeriod, UpdatePeriodOptions } from './update-period.ts';
export type { ValidityOptions } from './validity.ts';
export { writeCertificate, type CertificateFiles, type WriteCertificateOptions } from './write-certificate.ts';
