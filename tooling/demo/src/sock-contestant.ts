import type { Connector, Endpoint, Socket } from '@sock/core';
import { TLS_INFO } from '@sock/tls-context';
import { encodeJob } from './job.ts';
import type { Contestant, Link } from './link.ts';
import { decodeReceipt } from './receipt.ts';
import { receive } from './sock-server.ts';

/** Sock's packages. The code is the same for TCP and TLS: what `connector` dials makes the difference. */
export function sockContestant(name: string, connector: Connector, endpoint: Endpoint): Contestant {
  return { name, open: async () => toLink(await connector.connect(endpoint)) };
}

function toLink(socket: Socket): Link {
  const info = socket.get(TLS_INFO);
  return {
    get moved() {
      return socket.stats.bytesWritten + socket.stats.bytesReceived;
    },
    protocol: info?.protocol,
    cipher: info?.cipher,
    async upload(file, hashed) {
      await socket.send(encodeJob(hashed ? 'uploadAndHash' : 'uploadAndCount'));
      await socket.sendAll(file.chunks());
      await socket.shutdown();
      return decodeReceipt(await textOf(socket));
    },
    async download(hashed) {
      await socket.send(encodeJob('download'));
      await socket.shutdown();
      return await receive(socket, hashed);
    },
    async roundTrips(count, size) {
      await socket.send(encodeJob('echo'));
      const ping = new Uint8Array(size);
      const times: number[] = [];
      for (let index = 0; index < count; index += 1) {
        const start = performance.now();
        await socket.send(ping);
        await socket.recvExactly(size);
        times.push((performance.now() - start) * 1000);
      }
      return times;
    },
    close: () => socket.close(),
    destroy: () => socket.destroy(),
  };
}

async function textOf(socket: Socket): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of socket) text += decoder.decode(chunk, { stream: true });
  return text;
}
