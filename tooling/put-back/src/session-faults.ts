import type { Edit, Fault, Tests } from './fault.ts';

/** Of sessions that are resumed: Node calls each of them authorized, and verifies nothing again. */
export const SESSION_FAULTS: readonly Fault[] = [
  {
    name: '23 the session of TLS 1.3 is taken at the end of the handshake',
    edits: [
      edit('handshake/open-client.ts', 'tls.on(\'session\', (session: Buffer) => {', 'tls.on(\'never\', (session: Buffer) => {'),
      edit('handshake/open-client.ts', 'const early = this.#early.splice(0).map(offer);', 'const early = [offer(this.#tls.getSession() as Buffer)];'),
    ],
    tests: tls('session/resumption', 'TLSv1.3 the second connection is resumed'),
  },
  {
    name: 'a resumed session is not verified again, on either side',
    edits: [edit('verify/verify-peer.ts', 'const peer = peerOf(input, leaf);', 'if (input.resumed) return { steps: [], validUntil: Infinity };\n  const peer = peerOf(input, leaf);')],
    tests: tls('session/resumption', 'verified by every rule again|turns against the peer'),
  },
  {
    name: 'the name is not checked on a resumed connection',
    edits: [edit('verify/verify-peer.ts', '    checkIdentity(leaf, identity, endpoint, rules.maxText);', '    if (!input.resumed) checkIdentity(leaf, identity, endpoint, rules.maxText);'), edit('verify/verify-peer.ts', 'function checkName({ rules, identity, endpoint }: VerifyInput, leaf', 'function checkName(input: VerifyInput, leaf'), edit('verify/verify-peer.ts', '  if (identity === undefined) return', '  const { rules, identity, endpoint } = input;\n  if (identity === undefined) return')],
    tests: tls('verify/rule-twins-chain', 'a DNS name|an IP address'),
  },
  {
    name: 'the dates of a remembered chain are not looked at again',
    edits: [edit('verify/verify-peer.ts', '(resumed ? datesError(input, chain) : undefined)', 'undefined')],
    tests: tls('verify/rule-twins-clients', 'has not expired since'),
  },
  {
    name: 'sessions are shared by clients that trust different authorities',
    edits: [edit('handshake/open-client.ts', 'return `${trust} ${identity?.text ?? \'\'} ${where}`;', 'return `${trust.length} ${identity?.text ?? \'\'} ${where}`;')],
    tests: tls('verify/rule-twins-chain', 'the authority is trusted|an authority of the right name'),
  },
  {
    name: 'sessions are shared by servers of different names',
    edits: [edit('handshake/open-client.ts', 'return `${trust} ${identity?.text ?? \'\'} ${where}`;', 'return `${trust} ${where}`;')],
    tests: tls('verify/rule-twins-chain', 'a DNS name|an IP address'),
  },
  {
    name: 'a server resumes sessions that other authorities had vouched for',
    edits: [edit('context/server-engine.ts', 'JSON.stringify([own, rules.mode, authorities])', 'JSON.stringify([own, rules.mode, authorities.length])')],
    tests: tls('verify/rule-twins-clients', 'the authority is trusted still'),
  },
  {
    name: 'a ticket of TLS 1.3 is handed out twice',
    edits: [edit('session/memory-sessions.ts', 'newest?.protocol === \'TLSv1.3\' && !reuse ? list.slice(1) : list', 'list')],
    tests: tls('session/memory-sessions'),
  },
  {
    name: 'a session outlives the list or the staple that it rests on',
    edits: [edit('session/client-session.ts', 'return validUntil === undefined ? least : Math.min(least, finiteOrOver(validUntil));', 'return least;')],
    tests: tls('verify/rule-twins', 'it holds until its end'),
  },
  {
    name: 'a session outlives the certificate that it rests on',
    edits: [edit('session/client-session.ts', 'for (const end of notAfter) least = Math.min(least, finiteOrOver(end));', '')],
    tests: tls('session/client-session'),
  },
];

function edit(file: string, find: string, replace: string): Edit {
  return { file: `packages/tls-context/src/${file}`, find, replace };
}

function tls(name: string, named?: string): Tests {
  return { folder: 'packages/tls-context', file: `src/${name}.test.ts`, named };
}
