/**
 * Which addresses may be dialled, and which peers may come in.
 *
 * @module
 */
export { AddressDeniedError } from './policy/address-denied-error.ts';
export type { AddressPolicy } from './policy/address-policy.ts';
export type { RangeName } from './policy/address-ranges.ts';
export { addressPolicy, denyPrivate } from './policy/create-policy.ts';
export type { AddressPolicyOptions, AddressRule } from './policy/create-policy.ts';
