import * as fs from 'node:fs';
import { Socket as NetSocket } from 'node:net';
import { expect, test } from 'vitest';
import type { IoCapabilities } from './io-capabilities.ts';
import { ioCapabilities } from './io-capabilities.ts';

test('what this runtime has no call for is not claimed, and each answer tells why, and what to do', () => {
  const told = ioCapabilities();
  const calls = [...Object.keys(fs), ...Object.keys(fs.promises), ...Object.getOwnPropertyNames(NetSocket.prototype)];
  const has = (name: RegExp): boolean => calls.some((call) => name.test(call));
  const expected: Record<keyof IoCapabilities, boolean> = { sendfile: true, kernelSendfile: has(/sendfile/i), splice: has(/splice/i), descriptorPassing: has(/sendmsg|sendFd|rights/i) };
  expect(Object.fromEntries(Object.entries(told).map(([name, { available }]) => [name, available]))).toEqual(expected);
  for (const { reason } of Object.values(told)) expect(reason).toMatch(/: |;/);
});
