import type { Client } from './contestant.ts';
import type { Work } from './work.ts';

/** As many connections as a work asks for, at the same time: each does its share of the steps. */
export async function connectAll({ connections = 1 }: Work, connect: () => Promise<Client>): Promise<Client> {
  if (connections === 1) return await connect();
  const clients = await Promise.all(Array.from({ length: connections }, connect));
  return {
    close() {
      for (const client of clients) client.close?.();
    },
    async run(work, count) {
      const shares = clients.map((client, index) => ({ client, share: shareOf(count, connections, index) }));
      await Promise.all(shares.map(async ({ client, share }) => await client.run(work, share)));
      return undefined;
    },
  };
}

/** The steps of one of several connections; together they do all of them. */
export function shareOf(count: number, connections: number, index: number): number {
  return Math.floor(count / connections) + (index < count % connections ? 1 : 0);
}
