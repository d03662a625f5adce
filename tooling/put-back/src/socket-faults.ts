import type { Edit, Fault, Tests } from './fault.ts';

/** Of connections as such: connect, listen, ends, memory. */
export const SOCKET_FAULTS: readonly Fault[] = [
  {
    name: '2 a second path with rules of its own: over a foreign stream, buffers are lent that may change',
    edits: [duplex('const chunk = keeps ? copyOf(given) :', 'const chunk = keeps ? given :')],
    tests: io('duplex-transport', 'given copies'),
  },
  {
    name: '4 a shutdown waits for the answer of the peer',
    edits: [duplex('if (error === undefined || error === null) return done();', 'if (error === undefined || error === null) return void this.#stream.once(\'end\', () => done());')],
    tests: { folder: 'tooling/contract-tests', file: 'src/tls.test.ts', named: 'TLS 1.3 over TCP, the side that .dialled. ends after a half-close the peer sees the end' },
  },
  {
    name: '7 what a peer sends to a program that does not read is kept without limit',
    edits: [duplex('if (this.#queue.full && !this.#paused) {', 'if (this.#queue.full && this.#paused) {')],
    tests: io('duplex-transport', 'a program that does not read stops the stream'),
  },
  {
    name: '7 under TLS, too, a sender fills the memory of a peer that does not read',
    edits: [duplex('if (this.#queue.full) this.#paused = true;', '')],
    tests: { folder: 'tooling/contract-tests', file: 'src/tls.test.ts', named: 'TLS 1.3 over TCP, the side that .dialled. limits a peer that does not read stops the sender' },
  },
  {
    name: 'a small record that comes after the engine was stopped counts as the end of the stop: nothing comes any more',
    edits: [duplex('if (this.#queue.full) this.#paused = true;', 'this.#paused = this.#queue.full;')],
    tests: { folder: 'tooling/contract-tests', file: 'src/tls.test.ts', named: 'TLS 1.3 over TCP, the side that .dialled. readiness a listener may take a part each time' },
  },
  {
    name: 'bytes that nobody waits for stay where the next read writes over them',
    edits: [{ file: 'packages/io/src/landing-queue.ts', find: 'return this.push(ownCopy(memory, 0, count));', replace: 'return this.push(memory.subarray(0, count));' }],
    tests: io('landing-queue', 'written over after each arrival'),
  },
  {
    name: 'what a receive leaves of an arrival is lost',
    edits: [{ file: 'packages/io/src/landing-queue.ts', find: '    if (left !== undefined) this.push(left);', replace: '    if (left !== undefined && this.bytes > 0) this.push(left);' }],
    tests: io('landing', 'the rest stays for the next receive'),
  },
  {
    name: 'a stream that was handed on reads nothing until somebody asks: a reset goes unheard',
    edits: [{ file: 'packages/io/src/landing.ts', find: '  flowBy(stream, Readable.prototype);\n', replace: '' }],
    tests: { folder: 'packages/tls-context', file: 'src/handshake/gone-meanwhile.test.ts', named: 'reset the connection' },
  },
  {
    name: '17 a connect to a closed port returns normally',
    edits: [{
      file: 'packages/io/src/connect.ts',
      find: 'const failed = (error: unknown): void => reject(fromErrno(error, \'connect\', endpoint));',
      replace: 'const failed = (): void => resolve(fromNodeSocket(stream, limits, undefined, endpoint));',
    }],
    tests: io('connect', 'to a closed port'),
  },
  {
    name: '17 a listen on a port in use returns normally',
    edits: [{
      file: 'packages/io/src/listen.ts',
      find: 'const failed = (error: unknown): void => reject(fromErrno(error, \'listen\', endpoint));',
      replace: 'const failed = (): void => resolve();',
    }],
    tests: io('listen', 'that is in use'),
  },
  {
    name: '17 a socket stays "connected" after its peer has left',
    edits: [duplex('      over.#ended = true;\n      over.#reason ??= { how: \'end\' };\n      over.#tell();', '      over.#reason ??= { how: \'end\' };')],
    tests: io('wire', 'a peer that leaves is seen at once'),
  },
  {
    name: '8 bytes that were read are lost when the socket has no room',
    edits: [{ file: 'packages/io/src/files/file-pump.ts', find: 'while (this.#running && !this.#writable()) await this.#changed();', replace: 'if (this.#running && !this.#writable()) {\n        await this.#changed();\n        continue;\n      }' }],
    tests: io('files/source-file', 'that is truncated'),
  },
  {
    name: '8 the offset is added twice',
    edits: [{ file: 'packages/io/src/files/sendfile.ts', find: 'pump?.offset ?? begin', replace: 'begin + (pump?.offset ?? begin)' }],
    tests: io('files/sendfile', 'any part'),
  },
  {
    name: '8 offset 0 means wherever the file stands',
    edits: [{ file: 'packages/io/src/files/source-file.ts', find: 'target.length - count, position + count);', replace: 'target.length - count, position + count === 0 ? null : position + count);' }],
    tests: io('files/sendfile', 'reads are by position'),
  },
  {
    name: '18 after two addresses that failed the others are not tried',
    edits: [{ file: 'packages/io/src/dial/race.ts', find: 'if (address === undefined || running === maxAttempts) return;', replace: 'if (address === undefined || running === maxAttempts || attempts.length === 2) return;' }],
    tests: io('dial/race', 'however many have failed before'),
  },
  {
    name: '18 a failed address ends the whole connect',
    edits: [{ file: 'packages/io/src/dial/race.ts', find: '          begin();\n          if (running === 0) reject(error);', replace: '          reject(error);' }],
    tests: io('connect-names', 'when the first address fails|when every address fails'),
  },
  {
    name: '18 the cap counts attempts that have failed',
    edits: [{ file: 'packages/io/src/dial/race.ts', find: 'running === maxAttempts) return;', replace: 'next === maxAttempts) return;' }],
    tests: io('dial/race', 'counts those under way'),
  },
  {
    name: '21 a token is spent when nothing was accepted',
    edits: [admission('      const socket = await this.#below.accept(budget?.rest());', '      this.#bucket?.take();\n      const socket = await this.#below.accept(budget?.rest());')],
    tests: { folder: 'packages/core', file: 'src/admission/admit.test.ts', named: 'no token is spent' },
  },
  {
    name: '21 the count of an address is not given back by the close',
    edits: [admission('    void socket.closed.then(() => this.#release(address));\n', '')],
    tests: { folder: 'packages/core', file: 'src/admission/admit.test.ts', named: 'is given back by the close' },
  },
  {
    name: '22 a half-close sends nothing and reports success',
    edits: [duplex('this.#stream.end((error?: Error | null) => {', 'this.#stream.write(new Uint8Array(0), (error?: Error | null) => {')],
    tests: io('wire', 'a half-close is a FIN on the wire'),
  },
  {
    name: '22 a half-close of TLS sends no close_notify and reports success',
    edits: [duplex('this.#stream.end((error?: Error | null) => {', 'this.#stream.write(new Uint8Array(0), (error?: Error | null) => {')],
    tests: { folder: 'packages/tls-context', file: 'src/handshake/plaintext.test.ts', named: 'a half-close sends close_notify and FIN' },
  },
];

function duplex(find: string, replace: string): Edit {
  return { file: 'packages/io/src/duplex-transport.ts', find, replace };
}

function admission(find: string, replace: string): Edit {
  return { file: 'packages/core/src/admission/admit.ts', find, replace };
}

function io(name: string, named: string): Tests {
  return { folder: 'packages/io', file: `src/${name}.test.ts`, named };
}
