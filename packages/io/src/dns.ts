/**
 * Look-ups with a memory, and one that asks name servers itself.
 *
 * @module
 */
export { dnsCache } from './dns/dns-cache.ts';
export type { DnsCache, DnsCacheOptions, DnsCacheStats } from './dns/dns-cache.ts';
export { dnsCacheSection, resolverSection } from './dns/dns-section.ts';
export type { DnsCacheFields, ResolverFields } from './dns/dns-section.ts';
export { resolver } from './dns/resolver.ts';
export type { ResolverOptions } from './dns/resolver.ts';
