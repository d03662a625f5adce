import type { Socket } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import { leakGuard, rejection } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { createPoll, ENDED, READABLE, WRITABLE } from './index.ts';

leakGuard();

describe('refused, and nothing has changed', () => {
  const [one, two] = memoryPair();

  test.each([
    ['a second add', 'ERR_SOCK_POLL_DUPLICATE', 'watches already'],
    ['a modify of what is not watched', 'ERR_SOCK_POLL_UNKNOWN', 'does not watch'],
    ['bits that there are not', 'ERR_SOCK_POLL_ARGUMENT', 'interest got 64'],
    ['a bit both to add and to remove', 'ERR_SOCK_POLL_ARGUMENT', 'both to add and to remove'],
    ['a trigger that there is not', 'ERR_SOCK_POLL_ARGUMENT', 'trigger got slope'],
    ['something that is not pollable', 'ERR_SOCK_POLL_ARGUMENT', 'not pollable'],
    ['one more than maxRegistered', 'ERR_SOCK_POLL_FULL', 'watches 1 already (maxRegistered)'],
    ['one timer more than maxRegistered', 'ERR_SOCK_POLL_FULL', 'has 1 timers already'],
    ['a period of nothing', 'ERR_SOCK_POLL_ARGUMENT', 'a period of 0'],
    ['a delay that is none', 'ERR_SOCK_CONFIG', 'duration'],
  ] as const)('%s', (what, code, reason) => {
    using poll = createPoll<Socket, string, string>({ maxRegistered: what === 'a second add' ? 2 : 1 });
    poll.add(one, WRITABLE, 'kept');
    poll.after('1h', 'kept');
    const calls: Record<typeof what, () => unknown> = {
      'a second add': () => poll.add(one, READABLE, 'x'),
      'a modify of what is not watched': () => poll.modify(two, { add: READABLE }),
      'bits that there are not': () => poll.modify(one, { interest: 64, data: 'x' }),
      'a bit both to add and to remove': () => poll.modify(one, { add: READABLE, remove: READABLE | ENDED, data: 'x' }),
      'a trigger that there is not': () => poll.modify(one, { trigger: 'slope' as 'edge', interest: 0 }),
      'something that is not pollable': () => poll.add({ ready: 1 } as unknown as Socket, READABLE, 'x'),
      'one more than maxRegistered': () => poll.add(two, READABLE, 'x'),
      'one timer more than maxRegistered': () => poll.after(5, 'x'),
      'a period of nothing': () => poll.every(0, 'x'),
      'a delay that is none': () => poll.after('soon' as '1s', 'x'),
    };
    if (what.startsWith('a period') || what.startsWith('a delay')) {
      using roomy = createPoll<Socket, string, string>();
      expect(() => (what === 'a period of nothing' ? roomy.every(0, 'x') : roomy.after('soon' as '1s', 'x'))).toThrow(expect.objectContaining({ code, message: expect.stringContaining(reason) }));
    } else {
      expect(calls[what]).toThrow(expect.objectContaining({ code, message: expect.stringContaining(reason) }));
    }
    expect([poll.size, poll.has(one), poll.has(two)]).toEqual([1, true, false]);
    expect(() => poll.modify(one, {})).not.toThrow();
  });

  test.each([[{ max: 0 }, 'ERR_SOCK_POLL_ARGUMENT', 'max got 0'], [{ max: 1.5 }, 'ERR_SOCK_POLL_ARGUMENT', 'max got 1.5'], [{ timeout: -1 }, 'ERR_SOCK_CONFIG', '-1']] as const)('a wait with %j', async (options, code, reason) => {
    using poll = createPoll();
    expect(await rejection(poll.wait(options))).toMatchObject({ code, message: expect.stringContaining(reason) });
    expect(await poll.wait({ max: 1, timeout: 1 })).toEqual([]);
  });

  test.each([['maxEvents', 0], ['maxRegistered', 0], ['defaultTimeout', '25d']] as const)('a poll with %s %s', (name, value) => {
    expect(() => createPoll({ [name]: value })).toThrow(expect.objectContaining({ code: 'ERR_SOCK_CONFIG', message: expect.stringContaining(`poll.${name}`) }));
    createPoll({ [name]: 1 }).close();
  });
});
