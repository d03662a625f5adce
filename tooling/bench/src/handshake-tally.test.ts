import { expect, it } from 'vitest';
import { checkHandshake } from './contestant.ts';
import { checkTally, HandshakeTally } from './handshake-tally.ts';

it('a tally begins anew each time it is taken', () => {
  const tally = new HandshakeTally();
  tally.count(false);
  tally.count(true);
  tally.count(true);
  expect(tally.take()).toMatchObject({ full: 1, resumed: 2 });
  expect(tally.take()).toMatchObject({ full: 0, resumed: 0 });
});

it('processor time is counted', () => {
  const tally = new HandshakeTally();
  const start = process.cpuUsage();
  while (process.cpuUsage(start).user < 5000);
  const { cpuSeconds } = tally.take();
  expect(cpuSeconds).toBeGreaterThanOrEqual(0.005);
  expect(tally.take().cpuSeconds).toBeLessThan(cpuSeconds);
});

it('handshakes of another kind than was asked for are no measurement', () => {
  expect(() => checkTally('full', 10, { full: 10, resumed: 0 })).not.toThrow();
  expect(() => checkTally('full', 10, { full: 9, resumed: 1 })).toThrow('10 full handshakes were measured, but the server saw 9 full and 1 resumed ones');
  expect(() => checkTally('resumed', 10, { full: 1, resumed: 9 })).not.toThrow();
  expect(() => checkTally('resumed', 10, { full: 2, resumed: 8 })).toThrow('saw 2 full and 8 resumed');
  expect(() => checkTally('full', 10, { full: 11, resumed: 0 })).toThrow('saw 11 full');
});

it('a client checks each handshake', () => {
  expect(() => checkHandshake('full', false, { verified: true, resumed: false })).not.toThrow();
  expect(() => checkHandshake('full', false, { verified: false, resumed: false })).toThrow('not verified');
  expect(() => checkHandshake('full', false, { verified: true, resumed: true })).toThrow('resumed where a full handshake was asked for');
  expect(() => checkHandshake('resumed', true, { verified: true, resumed: false })).not.toThrow();
  expect(() => checkHandshake('resumed', false, { verified: true, resumed: true })).not.toThrow();
  expect(() => checkHandshake('resumed', false, { verified: true, resumed: false })).toThrow('a session was not resumed');
});
