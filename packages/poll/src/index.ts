/**
 * Readiness of many sockets at once.
 *
 * @module
 */
export type { PollClock } from './clock.ts';
export { PollError } from './errors.ts';
export type { PollErrorCode } from './errors.ts';
export { TIMER } from './interest.ts';
export type { WatchChange, WatchOptions } from './interest.ts';
export { createPoll } from './poll.ts';
export type { Poll, PollEvent, PollOptions, ReadyEvent, TimerEvent, WaitOptions, WatchArguments } from './poll.ts';
export { pollSection } from './poll-section.ts';
export type { PollFields, PollLimits, PollLimitsInput } from './poll-section.ts';
export type { PollTimer } from './timer.ts';
export { ENDED, ERROR, HANGUP, READABLE, WRITABLE } from '@sock/core';
