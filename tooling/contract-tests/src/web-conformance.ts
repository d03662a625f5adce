import { leakGuard } from '@sock/testkit';
import { afterEach, describe } from 'vitest';
import { addressRules } from './web-address-rules.ts';
import type { ApiOptions, ApiPeer, ApiServer, ApiSocket, Connect, Opened, WebKit } from './web-kit.ts';
import { closeRules } from './web-close-rules.ts';
import { closedRules } from './web-closed-rules.ts';
import { connectRules } from './web-connect-rules.ts';
import { failureRules } from './web-failure-rules.ts';
import { optionRules } from './web-option-rules.ts';
import { startTlsRules } from './web-starttls-rules.ts';
import { streamRules } from './web-stream-rules.ts';

/** An implementation of the Sockets API, and a server of the same kind of transport for it to talk to. */
export interface SocketsApiUnderTest {
  /** The function under test, of a binding object or of a module. */
  readonly connect: Connect;
  /** What all connections of this run are: plain, TLS from the first byte, or plain and then upgraded by `startTls()`. */
  readonly secureTransport: 'off' | 'on' | 'starttls';
  /**
   * Starts a server on loopback. With `on` its peers are secure when `accept()` answers; with `starttls` they are plain, and become secure by
   * `upgrade()`. It is trusted under the name `localhost`, and speaks the protocol `kit/1` by ALPN to those who ask for it.
   */
  serve(): Promise<ApiServer>;
}

/**
 * The Sockets API of WinterTC (https://sockets-api.proposal.wintertc.org/), one test for each statement of its text; the name of a test begins
 * with the section. What the text leaves open is not tested here.
 */
export function describeSocketsApi(name: string, api: SocketsApiUnderTest): void {
  describe(`${name}, Sockets API`, () => {
    const sockets: ApiSocket[] = [];
    const peers: ApiPeer[] = [];
    const servers: ApiServer[] = [];
    leakGuard();
    // Registered after the guard, so that it runs before it.
    afterEach(async () => {
      for (const socket of sockets.splice(0)) void socket.close().catch(() => {});
      for (const peer of peers.splice(0)) peer.destroy();
      await Promise.all(servers.splice(0).map((server) => server.close()));
    });
    const keep = (socket: ApiSocket): ApiSocket => {
      sockets.push(socket);
      return socket;
    };
    const serve = async (): Promise<ApiServer> => {
      const server = await api.serve();
      servers.push(server);
      return server;
    };
    const accept = async (server: ApiServer): Promise<ApiPeer> => {
      const peer = await server.accept();
      peers.push(peer);
      return peer;
    };
    const secured = async (peer: ApiPeer): Promise<ApiPeer> => {
      if (api.secureTransport !== 'starttls' || peer.upgrade === undefined) return peer;
      const secure = await peer.upgrade();
      peers.push(secure);
      return secure;
    };
    const begin = (address: Parameters<Connect>[0], options?: ApiOptions): ApiSocket => keep(api.connect(address, optionsOf(api, options)));
    const dial = (address: Parameters<Connect>[0], options?: ApiOptions): ApiSocket => {
      const socket = begin(address, options);
      return api.secureTransport === 'starttls' ? keep(socket.startTls()) : socket;
    };
    const open = async (options?: ApiOptions): Promise<Opened> => {
      const server = await serve();
      const socket = dial(server.address, options);
      const peer = await secured(await accept(server));
      await socket.opened;
      return { server, socket, peer };
    };
    const kit: WebKit = { connect: api.connect, secureTransport: api.secureTransport, keep, serve, accept, secured, begin, dial, open };
    for (const rules of [addressRules, connectRules, failureRules, streamRules, closedRules, closeRules, optionRules, startTlsRules]) rules(kit);
  });
}

/** Where nothing has to be said, nothing is: `off` is the default. */
function optionsOf(api: SocketsApiUnderTest, options: ApiOptions | undefined): ApiOptions | undefined {
  if (api.secureTransport === 'off') return options;
  return { secureTransport: api.secureTransport, ...options };
}
