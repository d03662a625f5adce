import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { SecureContext } from 'node:tls';
import { connect as connectTls, createSecureContext } from 'node:tls';
import type { Client } from './contestant.ts';
import { dial, write } from './node.ts';
import type { Carrier, LoadKind, Material } from './work.ts';
import { CIPHER, LAST_MESSAGE } from './work.ts';

/** A client that is the same program for all contestants. */
export async function connectLoad(kind: LoadKind, carrier: Carrier, port: number, material: Material): Promise<Client> {
  if (kind === 'accepts') return { run: (_, count) => inParallel(count, () => beGreeted(port)) };
  if (kind === 'held') return holding(carrier, port, material);
  const socket = await dial(carrier, port, material);
  const encode = kind === 'lines' ? lineOf : frameOf;
  return {
    close: () => void socket.destroy(),
    async run(work, count) {
      const counted = once(socket, 'data');
      const message = encode('x'.repeat(work.bytes - encode('').length));
      await write(socket, Math.floor(count / AT_A_TIME), Buffer.concat(Array.from({ length: AT_A_TIME }, () => message)));
      for (let rest = count % AT_A_TIME; rest > 0; rest -= 1) socket.write(message);
      socket.write(encode(LAST_MESSAGE));
      const [seen] = (await counted) as [Buffer];
      if (Number(seen.toString()) !== count) throw new Error(`a server saw ${seen.toString()} of ${count} messages`);
      return undefined;
    },
  };
}

/** Messages of one write. No round number of bytes: what a server receives is to end in the middle of a message. */
const AT_A_TIME = 640;
const DIALLED_AT_A_TIME = 64;

function lineOf(text: string): Uint8Array {
  return Buffer.from(`${text}\n`);
}

function frameOf(text: string): Uint8Array {
  const frame = Buffer.alloc(4 + text.length, text);
  frame.writeUInt32BE(text.length);
  return frame;
}

/** Dials, takes the greeting, and leaves when the server has. */
async function beGreeted(port: number): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port });
  let greeted = 0;
  socket.on('data', (chunk) => (greeted += chunk.length));
  await once(socket, 'close');
  if (greeted !== 1) throw new Error(`a server greeted with ${greeted} bytes`);
}

/** Each run holds so many connections more, until the process ends. */
function holding(carrier: Carrier, port: number, { ca }: Material): Client {
  const secureContext = createSecureContext({ ca, ciphers: CIPHER });
  const held: Socket[] = [];
  return {
    async run(_, count) {
      await inParallel(count, async () => {
        const socket = await stay(carrier, port, secureContext);
        held.push(socket);
      });
      const left = held.filter(({ destroyed }) => destroyed).length;
      if (left > 0) throw new Error(`${left} of ${held.length} connections were not held`);
      return undefined;
    },
  };
}

/** A connection that was used: a byte there and back. */
async function stay(carrier: Carrier, port: number, secureContext: SecureContext): Promise<Socket> {
  const options = { host: '127.0.0.1', port };
  const socket = carrier === 'tcp' ? connect(options) : connectTls({ ...options, secureContext, servername: 'localhost' });
  const answered = once(socket, 'data');
  socket.write(LAST_MESSAGE);
  await answered;
  return socket;
}

async function inParallel(count: number, step: () => Promise<void>): Promise<undefined> {
  let left = count;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await step();
    }
  };
  await Promise.all(Array.from({ length: DIALLED_AT_A_TIME }, lane));
  return undefined;
}
