import { expect, it } from 'vitest';
import { connectionsOf } from './held-runner.ts';
import { readingsOf } from './stream-runner.ts';

it('a run of 1,000 steps of a megabyte in two seconds', () => {
  const readings = readingsOf({ seconds: 2, cpuSeconds: 1, serverCpuSeconds: 0.5 }, 1e6, 1000);
  expect(readings).toMatchObject({
    'MB/s': 500,
    'sender CPU ms/GB': 1000,
    'receiver CPU ms/GB': 500,
    'k msg/s': 0.5,
    'sender CPU ns/msg': 1e6,
    'receiver CPU ns/msg': 5e5,
    'CPU µs': 1500,
    'client CPU µs': 1000,
    'server CPU µs': 500,
  });
});

it('times of pings are told by their quantiles', () => {
  const pingMicros = Array.from({ length: 1000 }, (_, index) => index + 1);
  expect(readingsOf({ seconds: 1, cpuSeconds: 1, serverCpuSeconds: 1, pingMicros }, 64, 1000)).toMatchObject({ 'p50 µs': 501, 'p99 µs': 991, 'p99.9 µs': 1000 });
});

it('as many connections are held as wanted, or as there are descriptors for', () => {
  expect(connectionsOf(10_000, 20_000)).toBe(10_000);
  expect(connectionsOf(10_000, null)).toBe(10_000);
  expect(connectionsOf(10_000, 1024)).toBe(424);
  expect(connectionsOf(10_000, 256)).toBe(1);
});
