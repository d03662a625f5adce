/**
 * The one door to weaker verification, which every program that uses it has to name.
 *
 * @module
 */
export { danger } from './danger/danger.ts';
export type { DangerOptions } from './danger/danger.ts';
export type { Danger, WaivedRule } from './danger/waiver.ts';
