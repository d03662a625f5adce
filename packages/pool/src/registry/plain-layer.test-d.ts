// Support of the tests: not compiled into dist, and not published.
import type { Upgrade } from '@sock/core';
import { Socket } from '@sock/core';

/** A layer that changes nothing; the socket above it is another one. */
export const plain: Upgrade<unknown> = {
  name: 'plain',
  key: () => 'plain',
  upgrade: async (socket, _target, options) => {
    const { transport, unread, limits } = await socket.detach(options);
    return new Socket(transport, { ...limits, unread });
  },
};
