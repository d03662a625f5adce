import type { SpawnedPeer } from '@sock/testkit';
import { spawnPeer } from '@sock/testkit';
import { onTestFinished } from 'vitest';

/** Runs a program for the present test. A test that runs out of time never comes to the end of its `using`: this stops the program all the same. */
export function startProgram(command: string, args: readonly string[]): SpawnedPeer {
  const peer = spawnPeer(command, args);
  onTestFinished(() => peer.stop());
  return peer;
}
