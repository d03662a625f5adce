import type { Pollable, Socket } from '@sock/core';
import { expectTypeOf } from 'vitest';
import type { PollTimer } from './index.ts';
import { createPoll, READABLE } from './index.ts';

declare const socket: Socket;
declare const listener: Pollable;

// What is watched, and its data, come back with the types that they went in with; without timers there is no event of one.
const plain = createPoll<Socket, { name: string }>();
plain.add(socket, READABLE, { name: 'one' });
expectTypeOf(await plain.wait()).items.toHaveProperty('socket').toEqualTypeOf<Socket>();
expectTypeOf(await plain.wait()).items.toHaveProperty('data').toEqualTypeOf<{ name: string }>();
// @ts-expect-error -- the data is needed
plain.add(socket, READABLE);
// @ts-expect-error -- it is no Socket
plain.add(listener, READABLE, { name: 'two' });
// @ts-expect-error -- the third type says what timers carry; here there are none
plain.after(5, 'late');

// Data that may be undefined may be left out, also before options.
const loose = createPoll();
loose.add(listener, READABLE);
loose.add(socket, READABLE, undefined, { trigger: 'edge', oneShot: true });

const timed = createPoll<Socket, number, string>();
expectTypeOf(timed.every('5s', 'beat')).toEqualTypeOf<PollTimer>();
for (const event of await timed.wait()) {
  if (event.timer === undefined) expectTypeOf(event.data).toEqualTypeOf<number>();
  else expectTypeOf(event).toHaveProperty('data').toEqualTypeOf<string>();
}
// @ts-expect-error -- there are two triggers
timed.modify(socket, { trigger: 'slope' });
