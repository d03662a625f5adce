/**
 * For packages that wait for many moments at once.
 *
 * @module
 */
export { Alarm } from './timing/alarm.ts';
export { systemClock } from './timing/clock.ts';
export type { Clock, TimerOptions } from './timing/clock.ts';
export { DueHeap } from './timing/due-heap.ts';
export type { Due } from './timing/due-heap.ts';
export { TimerQueue } from './timing/timer-queue.ts';
