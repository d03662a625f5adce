import type { Socket, SocketLimitsInput } from '@sock/core';
import { leakGuard } from '@sock/testkit';
import { afterEach, describe } from 'vitest';
import { bufferRules } from './buffer-rules.ts';
import { cancelRules } from './cancel-rules.ts';
import { closeRules } from './close-rules.ts';
import { detachRules } from './detach-rules.ts';
import { endRules } from './end-rules.ts';
import { framingRules } from './framing-rules.ts';
import { limitRules } from './limit-rules.ts';
import { observerRules } from './observer-rules.ts';
import { orderRules } from './order-rules.ts';
import { readinessRules } from './readiness-rules.ts';
import { receiveRules } from './receive-rules.ts';
import { sendRules } from './send-rules.ts';
import { sendfileRules } from './sendfile-rules.ts';
import type { Capabilities, Kit, MakePair, SocketPair } from './socket-pair.ts';
import { statsRules } from './stats-rules.ts';
import { streamRules } from './stream-rules.ts';
import { vectorRules } from './vector-rules.ts';

const RULES: Readonly<Record<string, (kit: Kit) => void>> = {
  order: orderRules,
  sending: sendRules,
  vectors: vectorRules,
  files: sendfileRules,
  buffers: bufferRules,
  receiving: receiveRules,
  limits: limitRules,
  cancelling: cancelRules,
  ends: endRules,
  closing: closeRules,
  detaching: detachRules,
  readiness: readinessRules,
  streams: streamRules,
  stats: statsRules,
  observers: observerRules,
  framing: framingRules,
};

/**
 * The whole contract of a byte stream, as tests over `makePair`: once as seen from each side. A test that leaves a socket, a server or
 * a timer open fails.
 */
export function describeSocketContract(name: string, makePair: MakePair, capabilities: Capabilities): void {
  describe.each([{ side: 'dialled', swap: false }, { side: 'accepted', swap: true }])(`${name}, the side that $side`, ({ swap }) => {
    const pairs: SocketPair[] = [];
    const adopted: Socket[] = [];
    leakGuard();
    // Registered after the guard, so that it runs before it.
    afterEach(async () => {
      for (const socket of adopted.splice(0)) socket.destroy();
      await Promise.all(pairs.splice(0).map((pair) => pair.cleanup()));
    });
    const kit: Kit = {
      capabilities,
      open: async (limits?: SocketLimitsInput) => {
        const pair = await makePair(limits);
        pairs.push(pair);
        return swap ? { a: pair.b, b: pair.a } : pair;
      },
      adopt: (socket) => {
        adopted.push(socket);
        return socket;
      },
    };
    describe.each(Object.entries(RULES))('%s', (_part, rules) => {
      rules(kit);
    });
  });
}
