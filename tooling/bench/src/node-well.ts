import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Contestant } from './contestant.ts';
import { connectForHandshakes, listenForHandshakes, protocol } from './node-handshakes.ts';
import { NODE_SERVICES } from './node-services.ts';
import type { NodeSend } from './node.ts';
import { dial, mirrored, node, sending, serve, write } from './node.ts';
import { MessageCount } from './run-count.ts';
import { isHandshakes, isLoad } from './work.ts';

/**
 * Plain `node:net` and `node:tls`, written by somebody who knows what is slow in it: high-water marks of 256 KiB, many small writes corked into one,
 * messages found in the bytes as they came, one context for all connections, big reads of a file.
 */
export const nodeWell: Contestant = {
  async listen(carrier, service, material, shaken) {
    if (service === 'handshakes') return await listenForHandshakes(carrier, material, shaken);
    return await serve(carrier, material, service === 'lines' ? lines : service === 'frames' ? frames : NODE_SERVICES[service], MUCH);
  },
  async connect(carrier, port, material, work) {
    const { kind } = work;
    if (isHandshakes(kind)) return await connectForHandshakes(port, kind, { secureContext: createSecureContext({ ...protocol(carrier), ca: material.ca }) }, carrier);
    // Of these there is no better way.
    if (kind === 'pings' || kind === 'awaited' || kind === 'dials' || isLoad(kind)) return await node.connect(carrier, port, material, work);
    const socket = await dial(carrier, port, material, MUCH);
    if (kind === 'mirrored') return mirrored(socket, write);
    return sending(socket, kind === 'file' ? file : kind === 'pipelined' ? corked : write, join(material.folder, 'file'));
  },
};

/** Enough to be written while the next is made. */
const MUCH = 262_144;
/** Messages of one writev: as many as one takes (IOV_MAX). */
const CORKED = 1024;

async function corked(socket: Socket, count: number, bytes: Uint8Array): Promise<void> {
  for (let step = 0; step < count;) {
    socket.cork();
    for (const end = Math.min(count, step + CORKED); step < end; step += 1) socket.write(bytes);
    socket.uncork();
    if (socket.writableNeedDrain) await once(socket, 'drain');
  }
}

const file: NodeSend = async (socket, count, _, path) => {
  for (let step = 0; step < count; step += 1) {
    const stream = createReadStream(path, { highWaterMark: MUCH });
    stream.pipe(socket, { end: false });
    await once(stream, 'end');
  }
};

/** Looks for the line feeds in the bytes, and makes text of whole lines only. */
function lines(socket: Socket): void {
  const run = new MessageCount();
  let rest: Buffer | undefined;
  socket.on('data', (chunk: Buffer) => {
    const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      const line = bytes.toString('utf8', start, end);
      start = end + 1;
      const answer = run.take(line.length);
      if (answer !== undefined) socket.write(answer);
    }
    rest = start === bytes.length ? undefined : bytes.subarray(start);
  });
}

/** Goes through a chunk by position, and joins only what a chunk has cut. */
function frames(socket: Socket): void {
  const run = new MessageCount();
  let rest: Buffer | undefined;
  socket.on('data', (chunk: Buffer) => {
    const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    while (start + 4 <= bytes.length) {
      const end = start + 4 + bytes.readUInt32BE(start);
      if (end > bytes.length) break;
      const frame = bytes.subarray(start + 4, end);
      start = end;
      const answer = run.take(frame.length);
      if (answer !== undefined) socket.write(answer);
    }
    rest = start === bytes.length ? undefined : bytes.subarray(start);
  });
}
