import type { ServerStats } from '../registry/server.ts';
import type { BroadcastStats, RegistryStats } from '../registry/tally.ts';
import type { InstrumentRow, Instruments, Labels } from './instrument.ts';

type RegistryNumber = Exclude<keyof RegistryStats, 'state' | 'removed' | 'refused' | 'broadcasts'>;

/** The counters and gauges of a registry of accepted connections. */
export function addRegistry(into: Instruments, labels: Labels, stats: RegistryStats): void {
  for (const name of Object.keys(REGISTRY) as RegistryNumber[]) into.add(REGISTRY[name], labels, stats[name]);
  for (const [reason, count] of Object.entries(stats.removed)) into.add(REMOVED, { ...labels, reason }, count);
  for (const [reason, count] of Object.entries(stats.refused)) into.add(REFUSED, { ...labels, reason }, count);
  into.add(BROADCASTS, labels, stats.broadcasts.calls);
  for (const outcome of OUTCOMES) into.add(MESSAGES, { ...labels, outcome }, stats.broadcasts[outcome]);
  into.addState(STATE, labels, STATES, stats.state);
}

/** The counters and gauges of a server. */
export function addServer(into: Instruments, labels: Labels, stats: ServerStats): void {
  for (const name of Object.keys(SERVER) as (keyof ServerStats)[]) into.add(SERVER[name], labels, stats[name]);
}

/** The instruments of both, without values. */
export function defineRegistry(into: Instruments): void {
  for (const row of [...Object.values(REGISTRY), REMOVED, REFUSED, BROADCASTS, MESSAGES, STATE, ...Object.values(SERVER)]) into.define(row);
}

function counter(name: string, unit: string, help: string): InstrumentRow {
  return { name, kind: 'counter', unit, help };
}

function gauge(name: string, unit: string, help: string): InstrumentRow {
  return { name, kind: 'updowncounter', unit, help };
}

const REGISTRY: Readonly<Record<RegistryNumber, InstrumentRow>> = {
  open: /*#__PURE__*/ gauge('registry.open', '{connection}', 'Accepted connections, those on their way out included'),
  closing: /*#__PURE__*/ gauge('registry.closing', '{connection}', 'Accepted connections on their way out'),
  peak: { name: 'registry.peak', kind: 'gauge', unit: '{connection}', help: 'The most accepted connections that there were at the same time' },
  addresses: /*#__PURE__*/ gauge('registry.addresses', '{address}', 'Addresses and prefixes that have a connection'),
  added: /*#__PURE__*/ counter('registry.added', '{connection}', 'Accepted connections that were added'),
};

const REMOVED: InstrumentRow = /*#__PURE__*/ counter('registry.removed', '{connection}', 'Accepted connections that left, by reason');
const REFUSED: InstrumentRow = /*#__PURE__*/ counter('registry.refused', '{connection}', 'Accepted connections that were refused, by reason');
const BROADCASTS: InstrumentRow = /*#__PURE__*/ counter('registry.broadcasts', '{broadcast}', 'Broadcasts');
const MESSAGES: InstrumentRow = /*#__PURE__*/ counter('registry.broadcast_messages', '{message}', 'Messages of broadcasts, one for each connection, by what became of them');
const OUTCOMES: readonly Exclude<keyof BroadcastStats, 'calls'>[] = ['sent', 'skipped', 'dropped', 'gone'];
const STATE: InstrumentRow = /*#__PURE__*/ gauge('registry.state', '{registry}', 'The state of the registry: 1 for the one that it is in');
const STATES: readonly RegistryStats['state'][] = ['running', 'draining', 'stopped'];

const SERVER: Readonly<Record<keyof ServerStats, InstrumentRow>> = {
  accepted: /*#__PURE__*/ counter('server.accepted', '{connection}', 'Connections accepted and let in'),
  refused: /*#__PURE__*/ counter('server.refused', '{connection}', 'Connections accepted, and refused by the registry'),
  acceptErrors: /*#__PURE__*/ counter('server.accept_errors', '{error}', 'Accepts that failed'),
  handlerErrors: /*#__PURE__*/ counter('server.handler_errors', '{error}', 'Handlers that failed'),
  handling: /*#__PURE__*/ gauge('server.handling', '{handler}', 'Handlers at work'),
  open: /*#__PURE__*/ gauge('server.open', '{connection}', 'Connections of the server'),
};
