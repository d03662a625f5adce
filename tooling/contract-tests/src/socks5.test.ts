import type { Socket, SocketLimitsInput } from '@sock/core';
import { connect, listen, tcp } from '@sock/io';
import { viaSocks5 } from '@sock/io/proxy';
import { describeSocketContract } from './index.ts';
import type { PlainPair } from './plain-pair.ts';
import { asPair } from './plain-pair.ts';
import { secured } from './secured-pair.ts';

/** A SOCKS5 proxy that takes one connection, asks for nothing, and passes on bytes, ends and resets. */
async function serveOne(client: Socket): Promise<void> {
  const [, methods = 0] = await client.recvExactly(2);
  await client.recvExactly(methods);
  await client.send(Uint8Array.of(5, 0));
  // CONNECT to an IPv4 address: what these tests ask for.
  const request = await client.recvExactly(10);
  const target = await connect({ host: request.subarray(4, 8).join('.'), port: new DataView(request.buffer, request.byteOffset).getUint16(8) });
  await client.send(Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0));
  // A side that breaks off takes the other with it at once, also while bytes still wait for it.
  void client.closed.then(() => target.destroy());
  void target.closed.then(() => client.destroy());
  await Promise.all([passOn(client, target), passOn(target, client)]);
  await Promise.all([client.close(), target.close()]);
}

async function passOn(from: Socket, to: Socket): Promise<void> {
  await to.sendAll(from);
  await to.shutdown();
}

/** Dials a listener of its own through a proxy of its own. */
async function proxiedPair(limits: SocketLimitsInput | undefined): Promise<PlainPair> {
  await using listener = await listen('127.0.0.1:0', limits);
  await using proxy = await listen('127.0.0.1:0');
  const serve = async (): Promise<void> => {
    const client = await proxy.accept();
    await serveOne(client).catch(() => client.destroy());
  };
  void serve();
  return await Promise.all([viaSocks5(tcp(limits), { proxy: proxy.endpoint }).connect(listener.endpoint), listener.accept()]);
}

// Two connections of the system lie between the ends.
const capabilities = { reset: true, inFlightBytes: 24 * 1024 * 1024 };

describeSocketContract('TCP over SOCKS5', async (limits) => asPair(...(await proxiedPair(limits))), capabilities);

describeSocketContract('TLS 1.3 over SOCKS5', secured('TLSv1.3', proxiedPair), capabilities);
