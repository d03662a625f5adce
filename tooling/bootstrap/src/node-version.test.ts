import { afterEach, expect, it, vi } from 'vitest';
import { requireNode } from './node-version.mjs';

afterEach(() => vi.restoreAllMocks());

it.each(['20.19.0', '20.20.2', '22.0.0'])('Node %s is new enough', (version) => {
  expect(requireNode(version)).toBe(true);
});

it.each(['18.20.4', '20.18.3'])('Node %s is told what to install instead', (version) => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  expect(requireNode(version)).toBe(false);
  expect(said.mock.calls.join('')).toMatch(new RegExp(`needs Node 20\\.19 or newer; this is Node ${version}`));
});
