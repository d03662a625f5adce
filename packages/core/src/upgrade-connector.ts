import type { Cancel, Connector, Upgrade } from './connector.ts';
import { Budget } from './deadline.ts';
import type { Socket } from './socket.ts';

/**
 * A connector that puts a layer on every connection before it hands it out: `upgradeConnector(tcp(), clientContext)` dials TLS.
 * One time-out covers dialling and the layer; keys are joined, so that connections of different trust stay apart.
 */
export function upgradeConnector<T>(connector: Connector<T>, upgrade: Upgrade<T>): Connector<T> {
  return {
    key: (target) => `${connector.key(target)} ${upgrade.name}(${upgrade.key(target)})`,
    connect: async (target: T, options?: Cancel): Promise<Socket> => {
      const budget = new Budget(options);
      const socket = await connector.connect(target, budget.rest());
      return await socket.upgrade(upgrade, target, budget.rest());
    },
  };
}
