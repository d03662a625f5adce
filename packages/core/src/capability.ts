/** Something that can be done here. */
export interface AvailableCapability {
  readonly available: true;
  /** By what means, and within which limits; for people. */
  readonly reason: string;
}

/** Something that cannot be done here. */
export interface MissingCapability {
  readonly available: false;
  /** Why not, and what happens or can be done instead; for people. */
  readonly reason: string;
}

/**
 * Whether something can be done with this runtime and this library, and always why: what is missing is told, and never a call without an effect.
 *
 * @example
 * ```ts
 * if (!capability.available) console.warn(capability.reason);
 * ```
 */
export type Capability = AvailableCapability | MissingCapability;
