import { channel, hasSubscribers } from 'node:diagnostics_channel';
import type { Endpoint } from '@sock/core';
import { Socket } from '@sock/core';

/** Sees what this package dials and accepts. Given by `publishDiagnostics()` of the entry `diagnostics`; here is only the question for it. */
export interface ProgramObserver {
  readonly connect: (endpoint: Endpoint, dial: () => Promise<Socket>) => Promise<Socket>;
  readonly accept: (socket: Socket, listener: Endpoint) => void;
}

/** The question. Two installed copies of these packages may ask on the same channel. */
export interface ObserverQuestion {
  /** The class of the sockets, by which an observer knows its own copy. */
  readonly Socket: unknown;
  answer: ProgramObserver | undefined;
}

/** The channel of the question: it is Node that keeps who observes a program, so no module here has a state of its own. */
export const OBSERVERS = 'sock:observers';

/** Who observes the whole program, if anybody does. Costs one look-up when nobody does. */
export function programObserver(): ProgramObserver | undefined {
  if (!hasSubscribers(OBSERVERS)) return undefined;
  const question: ObserverQuestion = { Socket, answer: undefined };
  channel(OBSERVERS).publish(question);
  return question.answer;
}
