// Sets and gets keys of a Redis server over a pool, many at the same time: node redis-load.js HOST:PORT [callers] [times]
import { tcp } from '@sock/io';
import { command, redisPool } from './resp-client.js';

const [, , server = '127.0.0.1:6379', callers = '50', times = '100'] = process.argv;
await using pool = redisPool(tcp(), { password: process.env['REDIS_PASSWORD'], pool: { maxPerKey: 8, acquireTimeout: '5s' } });

async function caller(name: string): Promise<void> {
  for (let round = 0; round < Number(times); round += 1) {
    await command(pool, server, ['SET', name, round], { timeout: '5s' });
    const got = await command(pool, server, ['GET', name], { timeout: '5s' });
    if (got !== String(round)) throw new Error(`${name} is ${JSON.stringify(got)} instead of ${round}`);
  }
}

await Promise.all(Array.from({ length: Number(callers) }, (_, index) => caller(`caller ${index}`)));
const { acquired, reused, created } = pool.stats();
console.log(`${acquired} commands over ${created} connections, ${reused} of them on one that was there`);
