// A process with a pool, which ends by itself or does not: node pool-process.mjs MODE PORT [CA]. It tells `ready` when it has come to what MODE says.
import { SETTLED, upgradeConnector } from '@sock/core';
import { tcp } from '@sock/io';
import { createPool } from '@sock/pool';
import { createClientContext } from '@sock/tls-context';

const [mode, port, ca] = process.argv.slice(2);
const target = { host: 'localhost', port: Number(port) };
const dial = ca === undefined ? tcp() : upgradeConnector(tcp(), createClientContext({ ca }));

const modes = {
  // Connections that were used and are idle, in a pool whose timers and hooks are all in use.
  async idle() {
    await used(createPool(dial, { idleTimeout: '10m', maxLife: '1h', pingInterval: '5m', ping: () => true, leakThreshold: '1h' }));
  },
  async held() {
    await used(createPool(dial, { ref: true, idleTimeout: '10m' }));
  },
  // The only connection is lent, and unref'd by nobody: the next call waits for it.
  async waiting() {
    const pool = createPool(dial, { maxPerKey: 1 });
    const lease = await pool.acquire(target);
    const next = pool.acquire(target);
    console.log('ready');
    await lease.socket.recvExactly(1);
    lease.release();
    (await next).release();
    console.log('got it');
  },
  // An idle pool, then a call that dials: the process lives until it is answered.
  async dialling() {
    const pool = createPool(dial, { maxPerKey: 2, prepare: async (socket) => void (await socket.recvExactly(1)) });
    console.log('ready');
    (await pool.acquire(target)).release();
    console.log('got it');
  },
  // The first call has met a closed port; the second one waits for the back-off before the next dial, and nothing else is under way.
  async backoff() {
    const pool = createPool(tcp(), { health: { backoffBase: 800, backoffMax: 800 }, random: () => 0.999 });
    for (const timeout of ['10s', '20s', '10s']) {
      const code = await pool.acquire({ host: '127.0.0.1', port: 1 }, { timeout }).catch((error) => error.code);
      console.log(`got ${code} after ${pool.stats().dialled}`);
    }
  },
  // The pool closes with nothing left to do but to say goodbye on an idle connection.
  async goodbye() {
    const pool = createPool(dial, { beforeClose: async ({ socket }) => {
      await new Promise((resolve) => setTimeout(resolve, 50).unref());
      await socket.send(new TextEncoder().encode('QUIT'));
      console.log('said');
    } });
    (await pool.acquire(target)).release();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await pool.close();
    console.log('closed');
  },
  // The first connection stands, and never learns what makes the others cheaper: nothing is under way but the end of that wait.
  async prewarm() {
    const connector = tcp();
    const pool = createPool({
      key: connector.key,
      connect: async (...given) => {
        const socket = await connector.connect(...given);
        const { get } = socket;
        socket.get = (key) => (key === SETTLED ? new Promise(() => {}) : get.call(socket, key));
        return socket;
      },
    }, { coalesceFirst: true, settleTimeout: '500ms' });
    const { opened } = await pool.prewarm(target, { count: 3 });
    console.log(`opened ${opened}`);
  },
};

async function used(pool) {
  const leases = await Promise.all(Array.from({ length: 3 }, () => pool.acquire(target)));
  for (const lease of leases) lease.release();
  // Used again, so that each was let go and taken back once more.
  await new Promise((resolve) => setTimeout(resolve, 20));
  (await pool.acquire(target)).release();
  console.log('ready');
}

await modes[mode]();
