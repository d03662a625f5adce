/**
 * Values of sections from code, environment and file.
 *
 * @module
 */
export { ConfigError } from './errors.ts';
export type { Env } from './env-layer.ts';
export { type Config, loadConfig, type LoadOptions, type SectionInputs } from './load-config.ts';
export type { ConfigProblem, ConfigSource } from './problem.ts';
