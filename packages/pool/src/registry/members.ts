import type { Socket } from '@sock/core';
import type { Connection } from './connection.ts';
import { Member } from './member.ts';

/** What finds a connection: itself, its socket (after an upgrade, the one above the layer), or its id. */
export type ConnectionKey<D> = Connection<D> | Socket | number;

/** Who is in a registry: by id, by socket and by address, which change together. */
export class Members<D> {
  readonly #byId = new Map<number, Member<D>>();
  readonly #bySocket = new Map<Socket, Member<D>>();
  readonly #perAddress = new Map<string, number>();
  #lastId = 0;

  get size(): number {
    return this.#byId.size;
  }

  /** How many of each address. None stays behind for an address that has left. */
  get perAddress(): ReadonlyMap<string, number> {
    return this.#perAddress;
  }

  nextId(): number {
    return this.#lastId + 1;
  }

  find(key: ConnectionKey<D>): Member<D> | undefined {
    if (typeof key === 'number') return this.#byId.get(key);
    // One of another registry may have the same id.
    if (key instanceof Member) return this.#byId.get(key.id) === key ? key : undefined;
    return this.#bySocket.get(key as Socket);
  }

  countOf(address: string): number {
    return this.#perAddress.get(address) ?? 0;
  }

  add(member: Member<D>): void {
    this.#lastId = member.id;
    this.#byId.set(member.id, member);
    this.#bySocket.set(member.socket, member);
    if (member.address !== undefined) this.#perAddress.set(member.address, this.countOf(member.address) + 1);
  }

  replace(member: Member<D>, socket: Socket): void {
    this.#bySocket.delete(member.socket);
    this.#bySocket.set(socket, member);
  }

  /** False when it was not inside. */
  delete(member: Member<D>): boolean {
    if (this.find(member) === undefined) return false;
    this.#byId.delete(member.id);
    this.#bySocket.delete(member.socket);
    const { address } = member;
    if (address === undefined) return true;
    const left = this.countOf(address) - 1;
    if (left === 0) this.#perAddress.delete(address);
    else this.#perAddress.set(address, left);
    return true;
  }

  /** Those of now that are still there when their turn comes, oldest first. Ids grow with time, and a map goes in the order of adding. */
  * [Symbol.iterator](): IterableIterator<Member<D>> {
    const last = this.#lastId;
    for (const member of this.#byId.values()) {
      if (member.id > last) return;
      yield member;
    }
  }
}
