// A chat: what one says, all others read. node registry-chat.js [port]; it ends well on SIGTERM
import { lines } from '@sock/core/framing';
import { listen } from '@sock/io';
import { serve } from '@sock/pool/registry';

interface Guest {
  name: string;
}

const listener = await listen({ host: '127.0.0.1', port: Number(process.argv[2] ?? 0) });
const encoder = new TextEncoder();

const server = serve<Guest>(listener, async (connection) => {
  await connection.out.line('your name?');
  for await (const line of lines(connection.in, { limit: '1KiB' })) {
    // A drain waits for what is being said, and not for those who say nothing.
    const end = connection.begin();
    if (connection.data.name === '') connection.data.name = line;
    // Nothing more is read of a guest until all others could have what it said; whoever takes nothing for so long has to go.
    else await server.connections.broadcast(encoder.encode(`${connection.data.name}: ${line}\r\n`), { except: connection, slow: 'drop', timeout: '2s' });
    end();
  }
}, {
  data: () => ({ name: '' }),
  registry: { maxConnections: 10_000, maxPerAddress: 5000, idleTimeout: '10m', onEnd: ({ data }, { reason }) => console.log(`${data.name || 'nobody'} left: ${reason}`) },
  onError: (error, { stage }) => console.error(`${stage}: ${(error as Error).message}`),
});

async function close(): Promise<void> {
  await server.connections.broadcast(encoder.encode('the house closes\r\n'));
  const { finished, forced } = await server.drain({ timeout: '5s' });
  console.log(`closed: ${finished} in peace, ${forced.length} by force`);
}

process.once('SIGTERM', () => void close());

console.log(`listening on ${(server.endpoint as { port: number }).port}`);
