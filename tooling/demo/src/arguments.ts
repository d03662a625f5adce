import { parseArgs } from 'node:util';
import { nearestName } from '@sock/config';

/** What the demo was asked to do. */
export interface DemoOptions {
  /** The file to send, as it was given. */
  readonly file: string;
  readonly connections: number;
}

/** The command line cannot be understood; the message says what to write instead. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}

const MOST_CONNECTIONS = 256;

export const USAGE: string = `npm run demo [-- OPTIONS]

Sends a real file up and down over TCP and over TLS, compares SHA-256, and times both beside a plain node:tls program.
Everything stays on this machine: a server process on loopback, a certificate authority in memory.

  --file PATH        the file to send; default: the running node binary
  --connections N    sockets at a time, each sends the whole file, 1 to ${MOST_CONNECTIONS}; default: 4
  --help             this text

Exit code: 0 = every byte arrived, 1 = something went wrong, 2 = these options make no sense, 130 = interrupted.
`;

const OPTIONS = { file: { type: 'string' }, connections: { type: 'string' }, help: { type: 'boolean' } } as const;

/**
 * Reads the command line; `'help'` when that is what was asked for.
 *
 * @throws {@link UsageError}
 */
export function parseDemoArguments(args: readonly string[]): DemoOptions | 'help' {
  const values: { file?: string; connections?: string } = {};
  // pnpm hands on the `--` that npm takes away.
  const own = args[0] === '--' ? args.slice(1) : [...args];
  const { tokens } = parseArgs({ args: own, options: OPTIONS, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === 'positional') throw new UsageError(`"${token.value}" is no option; a file is given with --file ${token.value}`);
    if (token.kind === 'option-terminator') continue;
    if (token.name === 'help') return 'help';
    if (token.name !== 'file' && token.name !== 'connections') throw unknownOption(token.rawName);
    if (token.value === undefined || token.value === '') throw new UsageError(`${token.rawName} needs a value`);
    if (values[token.name] !== undefined) throw new UsageError(`${token.rawName} is given twice`);
    values[token.name] = token.value;
  }
  return { file: values.file ?? process.execPath, connections: toConnections(values.connections) };
}

function toConnections(text: string = '4'): number {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (count >= 1 && count <= MOST_CONNECTIONS) return count;
  throw new UsageError(`--connections takes a whole number from 1 to ${MOST_CONNECTIONS}, not "${text}"`);
}

function unknownOption(name: string): UsageError {
  const nearest = nearestName(name.replace(/^-+/, ''), Object.keys(OPTIONS));
  const hint = nearest === undefined ? 'there are --file, --connections and --help' : `did you mean --${nearest}?`;
  return new UsageError(`there is no option ${name}; ${hint}`);
}
