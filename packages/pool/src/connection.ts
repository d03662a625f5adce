import type { Socket } from '@sock/core';
import { LOOP_REF } from '@sock/core';
import type { LoopRef } from '@sock/core';
import type { Parking } from '@sock/core/parking';
import { parking } from '@sock/core/parking';
import type { Probe } from './health/member-health.ts';
import type { Member } from './member.ts';
import type { PooledConnection } from './pool-options.ts';

/**
 * Where a connection stands: nobody has it; a lease has it; a hook has it; it has left the pool. `evict` of the stock is the only way into the last one, and
 * there is none out of it.
 */
export type ConnectionState = 'idle' | 'leased' | 'checking' | 'gone';

/** One connection of a pool. Its state is moved by the {@link Member} that counts it. */
export class Connection<T, D> implements PooledConnection<T, D> {
  readonly socket: Socket;
  readonly member: Member<T, D>;
  readonly id: number;
  data: D;
  readonly place: Parking;
  readonly loop: LoopRef | undefined;
  readonly createdAt: number;
  /** When its life is over; a refresh brings it forward. */
  diesAt: number;
  /** A refresh, and not its age, is why it dies. */
  refreshed = false;
  state: ConnectionState = 'checking';
  uses = 0;
  /** When it was leased last. */
  leasedAt = 0;
  /** When it was dialled, or came back last: what hooks do with it meanwhile makes it no younger. */
  idleSince = 0;
  /** When it was last used, or a hook last had it: never before `idleSince`. */
  activeAt = 0;
  /** Its place in a half-open circuit, until its first outcome. */
  probe: Probe | undefined;
  /** Held here while nobody has a lease, and by the lease while somebody has: if that is lost, it is lost with it. */
  token: object | undefined;
  /** Gives up the hook that has it. */
  abandonCheck: ((cause: unknown) => void) | undefined;
  /** Where its lease was acquired, if that is remembered; or that it was reported already. */
  stack: Error | undefined;
  reported = false;
  /** Its socket keeps the process running. */
  held = true;
  /** It will be looked at soon whether it still has to. */
  resting = false;
  /** Neighbours among the idle ones. */
  older: Connection<T, D> | undefined;
  newer: Connection<T, D> | undefined;
  /** Stops the watching of the socket. */
  unwatch: () => void = () => {};

  constructor(id: number, member: Member<T, D>, socket: Socket, data: D, now: number, lifeMs: number) {
    this.id = id;
    this.member = member;
    this.socket = socket;
    this.data = data;
    this.place = parking(socket);
    this.loop = socket.get(LOOP_REF);
    this.createdAt = now;
    this.activeAt = now;
    this.idleSince = now;
    this.diesAt = now + lifeMs;
  }

  get target(): T {
    return this.member.target;
  }
}
