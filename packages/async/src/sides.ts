import type { Socket } from '@sock/core';
import { HANGUP } from '@sock/core';
import type { Task } from './task.ts';
import type { Work } from './work/work.ts';
import { RECEIVE_SIDE, SEND_SIDE } from './work/work.ts';

/** The operations of one side of a socket, in the order of their submission; only the first runs. */
class Side {
  /** A continued one, before all others. */
  first: Task | undefined;
  readonly tasks = new Set<Task>();
  /** Stands in the middle of its bytes: nobody else may run. */
  partial: Task | undefined;
  unwatch: (() => void) | undefined;

  get head(): Task | undefined {
    if (this.first !== undefined || this.tasks.size === 0) return this.first;
    for (const task of this.tasks) return task;
    return undefined;
  }

  get idle(): boolean {
    return this.first === undefined && this.partial === undefined && this.tasks.size === 0;
  }

  free(): void {
    this.partial = undefined;
    this.unwatch?.();
    this.unwatch = undefined;
  }
}

/** What is under way on one socket, or another target. */
interface Place {
  readonly send: Side;
  readonly receive: Side;
  /** What needs no side of it, or has no room yet. */
  readonly others: Set<Task>;
}

/** Whose turn it is on each side of each socket, and what is under way on it. A target on which nothing waits costs nothing. */
export class Sides {
  readonly #places = new Map<object, Place>();

  /** Whether anything has or wants these sides of that socket. */
  busy({ target, sides }: Work): boolean {
    const place = target === undefined || sides === 0 ? undefined : this.#places.get(target);
    return place !== undefined && this.#sidesOf(place, sides).some((side) => !side.idle);
  }

  /** Takes its place behind the others of its sides. */
  enter(task: Task): void {
    const { target, sides } = task.work;
    if (target === undefined) return;
    if (sides === 0) this.wait(task);
    else for (const side of this.#sidesOf(this.#place(target), sides)) side.tasks.add(task);
  }

  /** Is to be found under its target, and has no place on a side. */
  wait(task: Task): void {
    if (task.work.target !== undefined) this.#place(task.work.target).others.add(task);
  }

  /** A continued one, which takes its place again. */
  enterFirst(task: Task): void {
    const { target, sides } = task.work;
    if (target === undefined) return;
    for (const side of this.#sidesOf(this.#place(target), sides)) {
      side.free();
      side.first = task;
    }
  }

  /** Whether nobody is before it. */
  turnOf(task: Task): boolean {
    const { target, sides } = task.work;
    const place = target === undefined || sides === 0 ? undefined : this.#places.get(target);
    return place === undefined || this.#sidesOf(place, sides).every((side) => side.partial === undefined && side.head === task);
  }

  /** Leaves, and answers those whose turn it may be now. */
  leave(task: Task): Task[] {
    const { target, sides } = task.work;
    const place = target === undefined ? undefined : this.#places.get(target);
    if (target === undefined || place === undefined) return [];
    place.others.delete(task);
    const heads: Task[] = [];
    for (const side of this.#sidesOf(place, sides)) {
      if (side.first === task) side.first = undefined;
      side.tasks.delete(task);
      if (side.partial === undefined && side.head !== undefined) heads.push(side.head);
    }
    if (place.others.size === 0 && place.send.idle && place.receive.idle) this.#places.delete(target);
    return heads;
  }

  /** Holds the sides of one that ended in the middle of its bytes. `onGone` is called when the connection has ended. */
  hold(task: Task, onGone: () => void): void {
    const { target, sides } = task.work;
    for (const side of this.#sidesOf(this.#place(target as object), sides)) {
      side.partial = task;
      side.unwatch = (target as Socket).onReady((ready) => {
        if ((ready & HANGUP) !== 0) onGone();
      });
    }
  }

  /** Lets go of what {@link hold} held; answers those whose turn it may be now. */
  release(task: Task): Task[] {
    const place = this.#places.get(task.work.target as object);
    if (place !== undefined) for (const side of this.#sidesOf(place, task.work.sides)) if (side.partial === task) side.free();
    return this.leave(task);
  }

  /** Everything on `target` that is not completed, each side in its order. */
  of(target: object): Task[] {
    const place = this.#places.get(target);
    if (place === undefined) return [];
    const sides = [place.send, place.receive].flatMap(({ first, tasks }) => (first === undefined ? [...tasks] : [first, ...tasks]));
    return [...new Set([...sides, ...place.others])];
  }

  #place(target: object): Place {
    let place = this.#places.get(target);
    if (place === undefined) {
      place = { send: new Side(), receive: new Side(), others: new Set() };
      this.#places.set(target, place);
    }
    return place;
  }

  #sidesOf({ send, receive }: Place, sides: number): Side[] {
    if (sides === (SEND_SIDE | RECEIVE_SIDE)) return [send, receive];
    return sides === 0 ? [] : [sides === SEND_SIDE ? send : receive];
  }
}
