import type { Edit, Fault, Tests } from './fault.ts';

/** Of whom is let in: chains, names, pins, client certificates, revocation. */
export const VERIFICATION_FAULTS: readonly Fault[] = [
  {
    name: '11 pins that are added later are not enforced',
    edits: [edit('context/live.ts', 'this.#engine = next;', 'void next;')],
    tests: tls('verify/rule-twins', 'pins: added later'),
  },
  {
    name: '11 pins are not enforced on a resumed connection',
    edits: [edit('verify/verify-peer.ts', 'if (pins === undefined) return', 'if (pins === undefined || peer.resumed) return')],
    tests: tls('verify/rule-twins', 'pins:'),
  },
  {
    name: '11 pins report, and refuse nobody',
    edits: [edit('verify/pins.ts', 'if (pins.report === undefined) throw mismatch(peer, found, maxText);', 'if (pins.report === undefined && found.length === 0) throw mismatch(peer, found, maxText);'), edit('verify/pins.ts', 'pins.report({ peer, found });', 'pins.report?.({ peer, found });')],
    tests: tls('verify/rule-twins', 'pins:'),
  },
  {
    name: '12 a server that requires client certificates takes clients without',
    edits: [edit('verify/verify-peer.ts', 'if (rules.mode === \'require\') throw missing(input);', ''), edit('handshake/node-tls.ts', 'rejectUnauthorized: required,', 'rejectUnauthorized: false,')],
    tests: tls('verify/rule-twins-clients', 'mode '),
  },
  {
    name: '12 a server takes clients of strange authorities',
    edits: [edit('handshake/secure-socket.ts', 'chain.length === 0 || (resumed && role === \'client\') ? undefined : chainVerdict(tls)', 'chain.length === 0 || role === \'server\' || resumed ? undefined : chainVerdict(tls)'), edit('handshake/node-tls.ts', 'rejectUnauthorized: required,', 'rejectUnauthorized: false,')],
    tests: tls('verify/rule-twins-clients', 'the authority is trusted'),
  },
  {
    name: '13 must-staple refuses a good staple',
    edits: [edit('revocation/ocsp-check.ts', 'if (staple === undefined || staple.length === 0) {', 'if (needed || staple === undefined || staple.length === 0) {')],
    tests: tls('revocation/revocation-handshake', 'a server staples a response'),
  },
  {
    name: '13 a response that is given is never stapled',
    edits: [edit('revocation/given-feed.ts', 'return isCurrent(this.#held) ? this.#held.der : undefined;', 'return undefined;')],
    tests: tls('revocation/revocation-handshake', 'a server staples a response'),
  },
  {
    name: '16 reloading revocation lists only adds to them',
    edits: [edit('revocation/crl-store.ts', '({ set, stamp, firstEnd } = next);', 'const all = new Map(set.byIssuer);\n    for (const [issuer, lists] of next.set.byIssuer) all.set(issuer, [...(all.get(issuer) ?? []), ...lists]);\n    ({ stamp, firstEnd } = next);\n    set = { ...next.set, byIssuer: all };')],
    tests: tls('revocation/crl-files', 'never adds up'),
  },
  {
    name: '16 a certificate in a file of revocation lists is not passed over',
    edits: [edit('revocation/crl-files.ts', '.filter(({ label }) => label === \'X509 CRL\')', '.filter(({ label }) => label !== \'\')')],
    tests: tls('revocation/crl-files', 'a certificate between them'),
  },
  {
    name: 'of a file with several revocation lists only the first counts',
    edits: [edit('revocation/crl-files.ts', 'return found.map(({ text, where }) =>', 'return found.slice(0, 1).map(({ text, where }) =>')],
    tests: tls('revocation/crl-files', 'several lists in one file'),
  },
  {
    name: 'a revoked intermediate is not looked up',
    edits: [edit('revocation/crl-check.ts', 'path.slice(0, rules.scope === \'leaf\' ? 1 : undefined)', 'path.slice(0, 1)')],
    tests: tls('verify/rule-twins', 'CRL:'),
  },
  {
    name: 'the common name counts where no name stands',
    edits: [edit('material/ascii-name.ts', 'subject: \'never\'', 'subject: \'always\'')],
    tests: tls('verify/rule-twins-chain', 'subject alternative names'),
  },
  {
    name: 'the verdict of OpenSSL is not asked for',
    edits: [edit('handshake/node-tls.ts', 'if (verdict instanceof Error) return verdict;', 'if (verdict instanceof Error) return undefined;')],
    tests: tls('verify/rule-twins-chain', 'TLSv1.3 (the authority is trusted|the certificate has not expired|the issuer has the key)'),
  },
  {
    name: 'a verdict that Node calls UNSPECIFIED is told as nothing in particular',
    edits: [edit('verify/chain-error.ts', 'VERDICTS[verdict.code ?? \'\'] ?? TEXTS.find(([text]) => text.test(verdict.message))?.[1]', 'VERDICTS[verdict.code ?? \'\']')],
    tests: tls('verify/rule-twins-chain', 'constraints above|critical extension'),
  },
  {
    name: 'a verifyPeer that answers false is taken for content',
    edits: [edit('verify/verify-peer.ts', 'if (answer !== false) return', 'if (answer !== null) return')],
    tests: tls('verify/rule-twins', 'verifyPeer:'),
  },
];

function edit(file: string, find: string, replace: string): Edit {
  return { file: `packages/tls-context/src/${file}`, find, replace };
}

function tls(name: string, named?: string): Tests {
  return { folder: 'packages/tls-context', file: `src/${name}.test.ts`, named };
}
