import { parseDuration } from '@sock/config';
import type { Deadlines } from './deadlines.ts';
import { refusal } from './errors.ts';
import type { CallOperation, Operation } from './operation.ts';
import { CallWork, SendfileWork } from './work/call-work.ts';
import { RecvExactlyWork, RecvWork } from './work/receive-work.ts';
import { SendWork } from './work/send-work.ts';
import { HandshakeWork, SocketWork } from './work/socket-work.ts';
import { TimerWork } from './work/timer-work.ts';
import type { Work } from './work/work.ts';

/**
 * What does the work of an operation. One that nothing can do is refused here: what was accepted has somebody who does it.
 *
 * @throws `ERR_SOCK_OPERATION_ARGUMENT`, `ERR_SOCK_CONFIG` for a delay that is none
 */
export function toWork(operation: Operation, deadlines: Deadlines): Work {
  if (typeof operation !== 'object' || operation === null) throw wrong(`submit got ${operation === null ? 'null' : typeof operation}`, 'an object with `op`');
  const given = operation as unknown as Readonly<Record<string, unknown>>;
  switch (operation.op) {
    case 'send':
      need(given, 'socket', 'trySend', 'a socket');
      if (!isBytes(operation.bytes)) throw wrong(`send got ${typeof operation.bytes} as bytes`, 'a Uint8Array');
      return new SendWork('send', operation.socket, [operation.bytes], operation.owned === true);
    case 'sendv':
      need(given, 'socket', 'trySendv', 'a socket');
      if (!Array.isArray(operation.chunks) || !operation.chunks.every(isBytes)) throw wrong('sendv got no list of bytes as chunks', 'an array of Uint8Array');
      // The caller's own list may change before its turn comes.
      return new SendWork('sendv', operation.socket, [...operation.chunks], false);
    case 'recv':
      need(given, 'socket', 'recv', 'a socket');
      return new RecvWork(operation.socket);
    case 'recvExactly':
      need(given, 'socket', 'recv', 'a socket');
      if (!isCount(operation.length)) throw wrong(`recvExactly got ${String(operation.length)} as length`, 'a whole number of bytes, 0 or more');
      return new RecvExactlyWork(operation.socket, operation.length);
    case 'accept': {
      need(given, 'listener', 'accept', 'a listener');
      const { listener } = operation;
      return new SocketWork('accept', listener, (cancel) => listener.accept(cancel));
    }
    case 'connect': {
      need(given, 'connector', 'connect', 'a connector');
      const { connector, target } = operation;
      return new SocketWork('connect', connector, (cancel) => connector.connect(target as never, cancel));
    }
    case 'handshake': {
      if ('handshake' in operation) {
        need(given, 'handshake', 'destroy', 'a handshake that was started');
        return new HandshakeWork(operation.handshake);
      }
      need(given, 'socket', 'upgrade', 'a socket');
      need(given, 'upgrade', 'upgrade', 'an upgrade');
      const { socket, upgrade, target } = operation;
      return new SocketWork('handshake', socket, (cancel) => socket.upgrade(upgrade, target as never, cancel));
    }
    case 'sendfile':
      need(given, 'socket', 'trySend', 'a socket');
      if (typeof operation.run !== 'function') throw wrong(`sendfile got ${typeof operation.run} as run`, 'a function that sends the file');
      return new SendfileWork(operation);
    case 'call':
      if (typeof operation.run !== 'function') throw wrong(`call got ${typeof operation.run} as run`, 'a function that does the work');
      if (operation.bytes !== undefined && !isCount(operation.bytes)) throw wrong(`call got ${String(operation.bytes)} as bytes`, 'a whole number, 0 or more');
      if (operation.side !== undefined && !SIDES.has(operation.side)) throw wrong(`call got ${String(given['side'])} as side`, 'send, receive, both or none');
      if ((operation.side ?? 'none') !== 'none' && operation.socket === undefined) throw wrong(`call got the side ${operation.side}, and no socket`, 'a socket beside it');
      return new CallWork(operation as CallOperation);
    case 'timer':
      return new TimerWork(parseDuration(operation.delay), deadlines);
    default:
      throw wrong(`submit got an operation "${String((given as { op?: unknown }).op)}"`, 'send, sendv, recv, recvExactly, accept, connect, handshake, sendfile, call or timer');
  }
}

const SIDES: ReadonlySet<string> = /*#__PURE__*/ new Set(['send', 'receive', 'both', 'none']);

function need(given: Readonly<Record<string, unknown>>, name: string, method: string, what: string): void {
  const value = given[name];
  if (typeof value === 'object' && value !== null && typeof (value as Record<string, unknown>)[method] === 'function') return;
  throw wrong(`${String(given['op'])} got ${value === null ? 'null' : typeof value} as ${name}`, what);
}

function isBytes(value: unknown): value is Uint8Array {
  // The Uint8Array of another realm, as test runners make them, is as good as ours.
  return value instanceof Uint8Array || Object.prototype.toString.call(value) === '[object Uint8Array]';
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function wrong(found: string, allowed: string): Error {
  return refusal('ERR_SOCK_OPERATION_ARGUMENT', `${found}: it takes ${allowed}`);
}
