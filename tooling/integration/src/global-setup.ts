import { PEER_PROGRAMS, providePrograms } from './peer-programs.ts';

/** Runs once, before the first test of this package: a machine with nothing but Node and npm gets the programs here. */
export default async function setup(): Promise<void> {
  await providePrograms(PEER_PROGRAMS);
}
