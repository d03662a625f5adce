/** From here on a file is warned about. */
export const WISHED_LINES = 300;
/** From here on it fails. */
export const MOST_LINES = 400;

/** File names that could hold anything, and after a year do. */
export const ROOMLESS_NAMES: ReadonlySet<string> = new Set(['util', 'utils', 'helper', 'helpers', 'common', 'misc', 'shared', 'stuff', 'tools']);

/** A pattern that no line may match. */
export interface LineRule {
  readonly pattern: RegExp;
  readonly where: 'everywhere' | 'tests' | 'shipped';
  readonly message: string;
  readonly cure: string;
}

/** Addresses that a test may name: loopback, any, and the ranges reserved for documentation (RFC 5737). */
const HARMLESS = String.raw`127\.|0\.0\.0\.0|255\.255\.255\.255|192\.0\.2\.|198\.51\.100\.|203\.0\.113\.`;
/** Names that no one can own (RFC 2606, RFC 6761). */
const RESERVED = String.raw`(?:[\w-]+\.)*(?:example\.(?:com|org|net)|(?:example|test|invalid|localhost))\b`;
const NUMBER = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)';

export const LINE_RULES: readonly LineRule[] = [
  {
    pattern: /\b(?:it|test|describe|suite|bench)(?:\.\w+)*\.(?:only|skip|skipIf|runIf|todo|fails)\b/,
    where: 'everywhere',
    message: 'a test that does not always run',
    cure: 'Make it run, or take it out; a skip counts as a failure.',
  },
  {
    pattern: /\b(?:TODO|FIXME|XXX|HACK)\b/,
    where: 'everywhere',
    message: 'unfinished work',
    cure: 'Finish it, or file it as an issue.',
  },
  {
    pattern: /\bas any\b|<any>/,
    where: 'everywhere',
    message: 'a hole in the types',
    cure: 'Use `unknown` and narrow it, or state the type.',
  },
  {
    pattern: /@ts-(?:ignore|nocheck)\b/,
    where: 'everywhere',
    message: 'a switched-off compiler',
    cure: 'In a test of types use @ts-expect-error with a reason; elsewhere mend the types.',
  },
  {
    pattern: /(?<![\w.~*/-])\/(?:work|home|root|Users|mnt)\/[\w.-]+/,
    where: 'everywhere',
    message: 'a path of one machine',
    cure: 'Find it from import.meta.url, the working directory or an option.',
  },
  {
    pattern: /(?<![\w.~*/-])\/(?:tmp|var\/tmp)\/[\w.-]+/,
    where: 'shipped',
    message: 'a path of one machine',
    cure: 'Use os.tmpdir(), or let the caller say.',
  },
  {
    pattern: new RegExp(`(?<![\\w.:/-])(?!${HARMLESS})(?:${NUMBER}\\.){3}${NUMBER}(?![\\w./-])`),
    where: 'tests',
    message: 'an address that is not on this machine',
    cure: 'Listen on port 0 of 127.0.0.1, use the memory pair, or an address reserved for documentation (192.0.2.x) that nothing dials.',
  },
  {
    pattern: new RegExp(`\\bhttps?://(?!${HARMLESS}|${RESERVED})(?:[\\w-]+\\.)+\\w+|\\bhttps?://\\[(?!::1\\]|2001:db8:)[0-9a-f]`),
    where: 'tests',
    message: 'a host that is not on this machine',
    cure: 'Tests need no network: use loopback, or a name under .test, .invalid or example.com as data.',
  },
];
