import { closeSync, fstatSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { TlsConfigError } from '../errors.ts';
import type { Material } from '../material/material.ts';
import { pemBlocks } from '../material/pem.ts';
import type { CrlList } from './crl-parser.ts';
import { parseCrl } from './crl-parser.ts';

/** Lists of one place: PEM text with any number of them, DER bytes of one, a file, or all files of a directory. */
export type CrlSource = Material | { readonly directory: string };

/** What was read, and by what to notice that it changed. */
export interface ReadLists {
  readonly lists: readonly CrlList[];
  /** Files and directories that they came from. */
  readonly files: readonly string[];
  /** Device, inode, time and size of each: changes when a file does. */
  readonly stamp: string;
}

/** Larger than the largest lists that authorities publish. */
const MAX_FILE_BYTES = 67_108_864;
const MAX_FILES = 1000;

/**
 * Reads the lists of all sources. Only blocks `X509 CRL` are looked at: a certificate in such a file never becomes anything.
 *
 * @throws `ERR_SOCK_TLS_MATERIAL`, `ERR_SOCK_TLS_CRL_INVALID` with file and block
 */
export function readLists(sources: readonly CrlSource[], options: readonly string[]): ReadLists {
  const lists = new Map<string, CrlList>();
  const files: string[] = [];
  const stamps: string[] = [];
  for (const [index, source] of sources.entries()) {
    const option = options[index] as string;
    for (const place of placesOf(source, option)) {
      if (typeof place.from === 'string') {
        const { bytes, stamp } = readBounded(place.from, option);
        files.push(place.from);
        stamps.push(stamp);
        // A directory of hashed links names the same list twice.
        for (const list of listsIn(bytes, place.from, option, place.inDirectory)) lists.set(list.digest, list);
      } else {
        for (const list of listsIn(place.from, 'the bytes given', option, false)) lists.set(list.digest, list);
      }
    }
    if (typeof source === 'object' && 'directory' in source) files.push(source.directory);
  }
  return { lists: [...lists.values()], files, stamp: stamps.join(' ') };
}

/** The stamp that the files have now; a file that is not there has one too. */
export function stampNow(sources: readonly CrlSource[], options: readonly string[]): string {
  const stamps: string[] = [];
  for (const [index, source] of sources.entries()) {
    if (typeof source === 'string' || source instanceof Uint8Array) continue;
    try {
      for (const { from } of placesOf(source, options[index] as string)) stamps.push(stampOf(statSync(from as string, { bigint: true })));
    } catch (error) {
      stamps.push(String((error as NodeJS.ErrnoException).code));
    }
  }
  return stamps.join(' ');
}

interface Place {
  readonly from: string | Uint8Array;
  readonly inDirectory: boolean;
}

function placesOf(source: CrlSource, option: string): Place[] {
  if (typeof source === 'string') return [{ from: Buffer.from(source), inDirectory: false }];
  // A copy: the lists are read from these bytes for as long as they are used.
  if (source instanceof Uint8Array) return [{ from: Buffer.from(source), inDirectory: false }];
  if (typeof source === 'object' && source !== null) {
    if ('file' in source && typeof source.file === 'string') return [{ from: source.file, inDirectory: false }];
    if ('directory' in source && typeof source.directory === 'string') return filesOf(source.directory, option).map((from) => ({ from, inDirectory: true }));
  }
  throw new TlsConfigError('ERR_SOCK_TLS_MATERIAL', option, 'expected PEM text, bytes, { file } or { directory }');
}

/** The files of a directory that are named like lists; `.r0` is what OpenSSL's hashed links are called. */
function filesOf(directory: string, option: string): string[] {
  let names: string[];
  try {
    names = readdirSync(directory).filter((name) => !name.startsWith('.') && /\.(?:crl|pem|der|r\d+)$/.test(name));
  } catch (error) {
    throw unreadable(directory, option, error);
  }
  if (names.length > MAX_FILES) throw new TlsConfigError('ERR_SOCK_TLS_MATERIAL', option, `${directory} has ${names.length} files; at most ${MAX_FILES} are read`);
  return names.toSorted().map((name) => join(directory, name));
}

function readBounded(file: string, option: string): { bytes: Uint8Array; stamp: string } {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    // Before the bytes: what changes while they are read is noticed the next time.
    const stats = fstatSync(descriptor, { bigint: true });
    if (!stats.isFile()) throw new Error('it is no file');
    if (stats.size > MAX_FILE_BYTES) throw new Error(`it has ${stats.size} bytes; at most ${MAX_FILE_BYTES} are read`);
    return { bytes: readFileSync(descriptor), stamp: stampOf(stats) };
  } catch (error) {
    throw unreadable(file, option, error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function stampOf({ dev, ino, mtimeNs, size }: BigIntStats): string {
  return `${dev}:${ino}:${mtimeNs}:${size}`;
}

function listsIn(bytes: Uint8Array, source: string, option: string, inDirectory: boolean): CrlList[] {
  if (bytes.length > MAX_FILE_BYTES) throw new TlsConfigError('ERR_SOCK_TLS_CRL_INVALID', option, `${source} has ${bytes.length} bytes; at most ${MAX_FILE_BYTES} are read`);
  if (bytes[0] === 0x30) return [list(bytes, source, option)];
  const found = blocksOf(bytes, source, option)
    .map((block, index) => ({ ...block, where: `${source}, block ${index + 1} (line ${block.line})` }))
    .filter(({ label }) => label === 'X509 CRL');
  // Directories of authorities often hold their certificates too.
  if (found.length === 0 && !inDirectory) throw new TlsConfigError('ERR_SOCK_TLS_CRL_INVALID', option, `${source} has PEM blocks, but no "X509 CRL" among them`);
  return found.map(({ text, where }) => list(Buffer.from(text.slice(text.indexOf('\n') + 1, text.lastIndexOf('-----END')), 'base64'), where, option));
}

function blocksOf(bytes: Uint8Array, source: string, option: string): ReturnType<typeof pemBlocks> {
  try {
    return pemBlocks(new TextDecoder().decode(bytes), option, source);
  } catch (error) {
    const why = error instanceof TlsConfigError ? error.message.slice(option.length + 2) : String(error);
    throw new TlsConfigError('ERR_SOCK_TLS_CRL_INVALID', option, why.replace('BEGIN CERTIFICATE', 'BEGIN X509 CRL'), error);
  }
}

function list(der: Uint8Array, where: string, option: string): CrlList {
  try {
    return parseCrl(der, where);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new TlsConfigError('ERR_SOCK_TLS_CRL_INVALID', option, `${where}: the revocation list cannot be used: ${why}`, error);
  }
}

function unreadable(path: string, option: string, error: unknown): TlsConfigError {
  const why = error instanceof Error ? error.message : String(error);
  return new TlsConfigError('ERR_SOCK_TLS_MATERIAL', option, `${path} cannot be read (${why})`, error);
}
