// A server of one page, whose certificate may be replaced while it runs: node https-server.js CERT KEY [port]
import type { Socket } from '@sock/core';
import { upgradeListener } from '@sock/core';
import { reader } from '@sock/core/framing';
import { listen } from '@sock/io';
import { createServerContext, TLS_INFO } from '@sock/tls-context';

const [, , cert = 'cert.pem', key = 'key.pem', port = '0'] = process.argv;
const context = createServerContext({ cert: { file: cert }, key: { file: key }, alpn: ['http/1.1'] });
// Connections that stand keep what they have; a pair that does not match is told, and changes nothing.
const watcher = context.watch({
  interval: '1s',
  onReload: () => console.log('the certificate was replaced'),
  onError: (error) => console.error(`kept the old certificate: ${(error as Error).message}`),
});
const plain = await listen({ host: '127.0.0.1', port: Number(port) });
// Handshakes run side by side: a peer that is slow, or no TLS peer at all, keeps nobody waiting.
const listener = upgradeListener(plain, context, { onUpgradeError: (error) => console.error(`no handshake: ${(error as Error).message}`) });

async function serve(socket: Socket): Promise<void> {
  const tls = socket.get(TLS_INFO);
  const lines = reader(socket, { limit: '8KiB' });
  const signal = AbortSignal.timeout(10_000);
  const request = await lines.line({ signal });
  while ((await lines.line({ signal })) !== '');
  const page = `${request}\n${tls?.protocol} ${tls?.cipher}, ${tls?.resumed === true ? 'resumed' : 'full handshake'}, for ${tls?.serverName ?? 'no name'}\n`;
  await socket.send(Buffer.from(`HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: ${Buffer.byteLength(page)}\r\nconnection: close\r\n\r\n${page}`));
  // The close_notify first, then the FIN.
  await socket.close();
}

process.once('SIGTERM', () => {
  watcher.close();
  void listener.close();
});

console.log(`listening on ${(plain.endpoint as { port: number }).port}`);
for await (const socket of listener) {
  void serve(socket).catch((error: unknown) => {
    console.error((error as Error).message);
    socket.destroy(error);
  });
}
