import { readFileSync } from 'node:fs';
import { programsOf, providePrograms } from './peer-programs.ts';

/** Runs once, before the first test of a package: a machine with nothing but Node and npm gets the programs here that the tests talk to. */
export default async function setup(): Promise<void> {
  const { name } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly name: string };
  await providePrograms(programsOf(name));
}
