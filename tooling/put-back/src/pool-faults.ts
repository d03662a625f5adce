import type { Edit, Fault, Tests } from './fault.ts';

/** Of pools and registries: connections that are dead, dirty, shared, forgotten or counted wrong. */
export const POOL_FAULTS: readonly Fault[] = [
  {
    name: 'a time-out counts from the beginning of a turn in which the program works for long',
    edits: [edit('waiting-room.ts', 'at: this.#clock.now() + timeoutMs', 'at: since + timeoutMs')],
    tests: pool('waiting-long-turn'),
  },
  {
    name: '17 an idle connection that its peer has left is handed out',
    edits: [edit('dialling.ts', "if (connection.state === 'idle' && (ready & NEWS) !== 0)", "if (connection.state === 'idle' && ready < 0)")],
    tests: pool('eviction'),
  },
  {
    name: '19 a probe that nobody reports holds its place for ever',
    edits: [edit('health/trial.ts', '    while (this.#held[0] !== undefined && this.#held[0].expiresAt <= now) this.#held.shift();\n', '    void now;\n')],
    tests: pool('health/member-health', 'a probe that nobody reports'),
  },
  {
    name: '20 a key that is forgotten takes its connections along, uncounted',
    edits: [edit('stock.ts', "    for (const member of group.members) for (const idle of member.idle.all()) this.evict(idle, 'surplus');\n", '')],
    tests: pool('limits', 'the key that was used longest ago is forgotten'),
  },
  {
    name: '20 a key with connections that are leased is forgotten',
    edits: [edit('group.ts', 'this.members.every((member) => member.busy === 0)', 'this.members.every((member) => member.dials.size === 0)')],
    tests: pool('limits', 'one that is in use is not'),
  },
  {
    name: 'a release does not look whether the connection is clean',
    edits: [edit('condition.ts', '  if (place.park() === undefined) return undefined;\n', '  if (place.park() === undefined || socket.ready >= 0) return undefined;\n')],
    tests: pool('eviction'),
  },
  {
    name: 'a socket that was kept beyond its lease can be used',
    edits: [{ file: 'packages/core/src/lifecycle.ts', find: "    this.#state = parks ? 'parked' : 'open';\n", replace: '' }],
    tests: pool('lease', 'a socket that was kept beyond it'),
  },
  {
    name: 'a lease can be released twice',
    edits: [edit('lease.ts', '    if (this.#released) throw releasedError(what, this.#connection);\n    this.#released = true;', '    void what;\n    this.#released = true;')],
    tests: pool('eviction', 'a second time'),
  },
  {
    name: 'the trust of a key is not looked at again',
    edits: [edit('stock.ts', 'const group = this.groups.get(key) ?? this.#newGroup(key, target);', 'const group = [...this.groups.values()].find((each) => each.target === target) ?? this.#newGroup(key, target);')],
    tests: pool('keys', 'that changed'),
  },
  {
    name: 'a connection that was dialled while the trust changed is kept',
    edits: [edit('dialling.ts', 'group.outdated = this.#outdated(group);', 'group.outdated = false;')],
    tests: pool('keys', 'that changed while a dial is on its way'),
  },
  {
    name: 'a dial that is over does not make room for the next one',
    edits: [edit('dialling.ts', "    if (connection.state !== 'gone') supply().freed(group, now);\n", '')],
    tests: pool('limits', 'so many dials to one key'),
  },
  {
    name: 'an endpoint that is away is dialled without a pause',
    edits: [edit('stock.ts', 'return member.health === undefined || member.health.dialAt <= now;', 'return true;')],
    tests: pool('waiting', 'is tried again after its back-off'),
  },
  {
    name: 'a waiter that left is answered once more',
    edits: [edit('waiting-room.ts', '    waiter.group.waiters.remove(waiter);\n    this.#all.remove(waiter);', '    this.#all.remove(waiter);')],
    tests: pool('waiting', 'that have left are passed over'),
  },
  {
    name: 'a drain cuts off what is leased',
    edits: [edit('draining.ts', 'if (this.#stock.counts.leased > 0) return;', 'if (this.#stock.counts.leased > 1000) return;')],
    tests: pool('drain', 'idle connections close gracefully'),
  },
  {
    name: '21 a place of a registry is not given back by whoever else closes the connection',
    edits: [edit('registry/connection-registry.ts', "if (member.socket === socket) this.#leave(member, 'closed', reason);", "if (member.socket === socket && reason.how === 'local') this.#leave(member, 'closed', reason);")],
    tests: pool('registry/registry', 'a place is free again'),
  },
  {
    name: '21 a registry counts an address whose connection it refused',
    edits: [edit('registry/connection-registry.ts', 'if (count >= maxPerAddress) throw', 'if (count > maxPerAddress) throw')],
    tests: pool('registry/registry', 'IPv6 counts'),
  },
  {
    name: 'a broadcast sends what its caller wrote into the buffer afterwards',
    edits: [edit('registry/backlog.ts', 'return (this.#kept ??= new Uint8Array(this.#given));', 'return (this.#kept ??= this.#given.slice());')],
    tests: pool('registry/broadcast', 'Buffer'),
  },
  {
    name: '4 a registry waits for ever for peers that do not answer its close',
    edits: [edit('registry/connection-registry.ts', "    if (member.state === 'closing') return this.#overdue(member);\n", "    if (member.state === 'closing') return;\n")],
    tests: pool('registry/idle', 'a thousand peers'),
  },
  {
    name: 'a connection that the program closes while its handler waits is reset, and what was sent last is lost',
    edits: [edit('registry/running-server.ts', '      if (member.interruptedBy(error)) return;\n', '')],
    tests: pool('registry/serve-farewell', 'a connection that the program closes'),
  },
  {
    name: 'whoever calls waits for leases of an endpoint whose circuit is open',
    edits: [edit('supply.ts', 'if (group.busy > 0 && !(group.connecting === 0 && group.leftAlone(now))) return;', 'if (group.busy > 0) return;')],
    tests: pool('circuit', 'while it is open nobody waits'),
  },
  {
    name: 'minPerKey of many keys dials in turns without end',
    edits: [edit('supply.ts', ' && stock.counts.idle < maxIdle', '')],
    tests: pool('limits-many-keys', 'minPerKey of many keys'),
  },
  {
    name: 'all that is opened for nobody yet goes to one endpoint',
    edits: [edit('dialling.ts', 'group.toDial(balance)', 'group.inTurn(balance)')],
    tests: pool('endpoints', 'least-busy: what is opened'),
  },
];

function edit(file: string, find: string, replace: string): Edit {
  return { file: `packages/pool/src/${file}`, find, replace };
}

function pool(name: string, named?: string): Tests {
  return { folder: 'packages/pool', file: `src/${name}.test.ts`, named };
}
