export { danger } from './danger/danger.ts';
export type { DangerOptions } from './danger/danger.ts';
export type { Danger, WaivedRule } from './danger/waiver.ts';
