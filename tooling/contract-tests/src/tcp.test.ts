import { connect, listen } from '@sock/io';
import { describeSocketContract } from './index.ts';

describeSocketContract(
  'TCP',
  async (limits) => {
    await using listener = await listen({ host: '127.0.0.1', port: 0 }, limits);
    const [a, b] = await Promise.all([connect(listener.endpoint, limits), listener.accept()]);
    return {
      a,
      b,
      cleanup: async () => {
        a.destroy();
        b.destroy();
        await Promise.all([a.closed, b.closed]);
      },
    };
  },
  { reset: true, inFlightBytes: 12 * 1024 * 1024 },
);
