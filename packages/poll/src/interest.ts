import type { ReadyMask } from '@sock/core';
import { ENDED, ERROR, HANGUP, READABLE, WRITABLE } from '@sock/core';
import { PollError } from './errors.ts';

/** In `events` of a timer. No bit of readiness. */
export const TIMER = 256;

/** When an event is told. */
export interface WatchOptions {
  /**
   * - `level`: with every wait, as long as it is ready
   * - `edge`: once after each change that the pollable tells of, even one that brings no new bit; read or write until it would block
   *
   * Default: **`level`**: nothing is missed by a program that leaves bytes for later
   */
  readonly trigger?: 'level' | 'edge' | undefined;
  /** Tells one event, then none but the last (`HANGUP`) until `modify` arms it again. Default: **false** */
  readonly oneShot?: boolean | undefined;
}

/** What `modify` changes; what is not named stays as it is. */
export interface WatchChange<D> extends WatchOptions {
  /** Takes the place of the whole interest. */
  readonly interest?: ReadyMask | undefined;
  /** Bits that come to it. */
  readonly add?: ReadyMask | undefined;
  /** Bits that leave it; no bit may be in {@link add} as well. */
  readonly remove?: ReadyMask | undefined;
  /** Takes the place of the data; `undefined` leaves it. */
  readonly data?: D | undefined;
}

/** Told whether asked for or not: nobody can go on without knowing. */
export const ALWAYS: ReadyMask = ERROR | HANGUP;

const KNOWN = READABLE | WRITABLE | ERROR | HANGUP | ENDED;

/** The interest after `change`: `interest`, or the one there was, with `add` and without `remove`. @throws `ERR_SOCK_POLL_ARGUMENT` */
export function changedInterest(before: ReadyMask, { interest = before, add = 0, remove = 0 }: WatchChange<unknown>): ReadyMask {
  const both = checkedMask(add, 'add') & checkedMask(remove, 'remove');
  if (both !== 0) throw new PollError('ERR_SOCK_POLL_ARGUMENT', `modify() got the bits ${both} both to add and to remove: name each once`);
  return (checkedMask(interest, 'interest') | add) & ~remove;
}

/** @throws `ERR_SOCK_POLL_ARGUMENT` for anything but a mask of the known bits */
export function checkedMask(mask: unknown, what: string): ReadyMask {
  if (typeof mask === 'number' && Number.isInteger(mask) && (mask & ~KNOWN) === 0) return mask;
  throw new PollError('ERR_SOCK_POLL_ARGUMENT', `${what} got ${String(mask)}: it takes a mask of READABLE, WRITABLE, ERROR, HANGUP and ENDED`);
}

/** @throws `ERR_SOCK_POLL_ARGUMENT` for a trigger that there is not */
export function checkedTrigger(trigger: unknown): 'level' | 'edge' {
  if (trigger === 'level' || trigger === 'edge') return trigger;
  throw new PollError('ERR_SOCK_POLL_ARGUMENT', `trigger got ${String(trigger)}: it takes 'level' or 'edge'`);
}
