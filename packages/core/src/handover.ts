import { closedError } from './close.ts';
import type { Cancel, Upgrade } from './connector.ts';
import { DIALLED } from './info-key.ts';
import type { Socket } from './socket.ts';
import type { Detached } from './socket-options.ts';
import type { Parts } from './socket-parts.ts';

/** `Socket.upgrade`: the layer does the work; whatever fails ends the connection. */
export async function upgradeSocket<T>(socket: Socket, parts: Parts, upgrade: Upgrade<T>, target: T | undefined, options: Cancel | undefined): Promise<Socket> {
  const { transport, life, side } = parts;
  const refusal = life.sendRefusal();
  if (refusal !== undefined) throw refusal;
  side.assertFree('upgrade');
  const asked = target ?? ((transport.get(DIALLED) ?? transport.remote) as T);
  try {
    life.upgrading = true;
    if (parts.watch === undefined) return await upgrade.upgrade(socket, asked, options);
    return await parts.watch.around(upgrade.name, asked, () => upgrade.upgrade(socket, asked, options));
  } catch (error) {
    if (life.state !== 'released') transport.destroy(error);
    throw error;
  } finally {
    life.upgrading = false;
  }
}

/**
 * `Socket.detach`: writes what was sent, then gives up the transport.
 *
 * @param onDetached - called as soon as the socket refuses use
 */
export async function detachSocket({ transport, life, out, side, limits }: Parts, options: Cancel | undefined, onDetached: () => void): Promise<Detached> {
  const refusal = life.sendRefusal();
  if (refusal !== undefined) throw refusal;
  side.assertFree('detach');
  life.move('detached');
  onDetached();
  try {
    await out.flushed(options, { phase: 'upgrade', what: 'flush before an upgrade', endpoint: transport.remote });
  } catch (error) {
    transport.destroy(error);
    throw error;
  }
  return { transport, unread: side.takeAll(), limits };
}

/** `close()` and `destroy()` of a detached socket: an upgrade under way ends with the connection; after it, there is nothing to do. */
export async function cutShort({ transport, life }: Parts, cause?: unknown): Promise<void> {
  if (!life.upgrading) return;
  transport.destroy(cause ?? closedError('upgrade', 'this socket was closed during its upgrade', transport.remote));
  await transport.closed;
}
