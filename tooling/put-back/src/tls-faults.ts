import type { Edit, Fault, Tests } from './fault.ts';

/** Of handshakes, of what is loaded, and of options. */
export const TLS_FAULTS: readonly Fault[] = [
  {
    name: '1 a would-block after the handshake takes its state back',
    edits: [edit('handshake/handshake-state.ts', 'if (RANK[next] >= RANK[this.#state]) this.#state = next;', 'this.#state = next;'), edit('handshake/handshake-state.ts', 'if (this.#state === \'complete\' || this.#state === \'error\') return;\n', '')],
    tests: tls('handshake/handshake-state'),
  },
  {
    name: '3 the plain socket speaks on while it is upgraded, and after a handshake that failed',
    edits: [
      { file: 'packages/core/src/handover.ts', find: 'life.move(\'detached\');', replace: '' },
      { file: 'packages/io/src/duplex-transport.ts', find: 'if (this.#state !== \'open\' || this.#finishing || this.#full()) return 0;', replace: 'if (this.#state === \'closed\' || this.#finishing || this.#full()) return 0;' },
    ],
    tests: tls('handshake/plaintext', 'no application byte crosses the wire in clear'),
  },
  {
    name: '3 plain bytes that came before the upgrade pass for secure ones',
    edits: [edit('handshake/plaintext-guard.ts', 'if (first === undefined) return;', 'if (first === undefined || role.length > 0) return;')],
    tests: tls('handshake/plaintext', 'a client refuses plain bytes|a server refuses unread bytes'),
  },
  {
    name: '14 loading a certificate drops the intermediates',
    edits: [edit('material/own-certificate.ts', 'chainPem: chain.map(({ pem }) => pem).join(\'\'),', 'chainPem: leaf.pem,')],
    tests: tls('verify/rule-twins-chain', 'the intermediates are sent'),
  },
  {
    name: '14 a key is not compared with its certificate',
    edits: [edit('material/own-certificate.ts', 'if (place === 0) return;', 'if (place < 2) return;')],
    tests: tls('material/own-certificate', 'a key of another certificate is refused|leniency'),
  },
  {
    name: '15 an authority that cannot be loaded falls back to those of the runtime',
    edits: [edit('material/authorities.ts', 'const loaded = unique(list.flatMap(', 'let loaded: LoadedCertificate[];\n  try { loaded = unique(list.flatMap('), edit('material/authorities.ts', 'several ? `ca[${index}]` : \'ca\')));\n', 'several ? `ca[${index}]` : \'ca\'))); } catch { return loadTrust(undefined); }\n')],
    tests: tls('context/context', 'an authority that cannot be had'),
  },
  {
    name: '15 a ca that is undefined widens trust to the authorities of the runtime',
    edits: [edit('context/context-options.ts', 'if (\'ca\' in options && options.ca === undefined) {', 'if (\'ca\' in options && options.ca === null) {')],
    tests: tls('context/context', 'options that are unknown|an authority that cannot be had'),
  },
  {
    name: 'explicit authorities stand beside those of the runtime instead of in their place',
    edits: [edit('context/base-engine.ts', '{ ca: [...trusted.pem] }', '{ ca: [...trusted.pem, ...rootCertificates] }'), edit('context/base-engine.ts', 'import { createSecureContext } from \'node:tls\';', 'import { createSecureContext, rootCertificates } from \'node:tls\';')],
    tests: tls('verify/rule-twins-trust'),
  },
  {
    name: '24 maxChainDepth is accepted and ignored',
    edits: [edit('verify/verify-peer.ts', 'if (depth > rules.maxDepth) {', 'if (depth > 100) {')],
    tests: tls('verify/rule-twins-chain', 'no longer than maxChainDepth'),
  },
  {
    name: '24 groups are accepted and ignored',
    edits: [edit('context/base-engine.ts', '      ecdhCurve: groups,\n', '')],
    tests: tls('material/groups'),
  },
  {
    name: '24 an option that does not exist is accepted',
    edits: [edit('context/context-options.ts', 'if (known.includes(name)) continue;', 'if (known.includes(name) || name.length > 0) continue;')],
    tests: tls('context/context', 'options that are unknown'),
  },
  {
    name: '24 once: false is accepted and ignored',
    edits: [edit('context/server-engine.ts', 'mode !== \'none\' && !once ? undefined : checkServerSessions', 'mode !== \'none\' && !once ? checkServerSessions(options.sessions) : checkServerSessions')],
    tests: tls('verify/rule-twins-clients', 'once: false'),
  },
  {
    name: 'a second handshake on a TLS 1.2 connection is taken part in, and not verified',
    edits: [edit('context/base-engine.ts', 'constants.SSL_OP_NO_RENEGOTIATION | (', '0 | ('), edit('handshake/secure-socket.ts', '    tls.disableRenegotiation();\n', '')],
    tests: { folder: 'tooling/integration', file: 'src/renegotiation.test.ts' },
  },
  {
    name: 'a fatal error of TLS leaves the connection open',
    edits: [{ file: 'packages/io/src/duplex-transport.ts', find: '// A fatal error may leave the stream open (TLS does): nothing can be trusted to it any more.\n', replace: 'return this.#tell();\n' }],
    tests: tls('handshake/plaintext', 'a damaged record ends'),
  },
];

function edit(file: string, find: string, replace: string): Edit {
  return { file: `packages/tls-context/src/${file}`, find, replace };
}

function tls(name: string, named?: string): Tests {
  return { folder: 'packages/tls-context', file: `src/${name}.test.ts`, named };
}
