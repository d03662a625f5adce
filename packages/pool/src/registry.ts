/**
 * The accepted connections of a program, and a server over them.
 *
 * @module
 */
export type { BroadcastOptions, BroadcastResult, SlowPeers } from './registry/broadcast.ts';
export type { Connection, ConnectionEnd, ConnectionOptions, ConnectionState, EndReason } from './registry/connection.ts';
export type { DrainOptions, DrainReport } from './registry/drain.ts';
export type { ConnectionKey } from './registry/members.ts';
export type { Outgoing } from './registry/outgoing.ts';
export { createRegistry } from './registry/registry.ts';
export type { AddArguments, Registry, RegistryOptions } from './registry/registry.ts';
export { registrySection } from './registry/registry-section.ts';
export type { RegistryFields, RegistryLimits, RegistryLimitsInput } from './registry/registry-section.ts';
export type { BroadcastStats, RefusalReason, RegistryStats } from './registry/tally.ts';
export { serve } from './registry/serve.ts';
export type { Handler, ServeArguments, ServeFault, ServeOptions, Server, ServerStats } from './registry/server.ts';
