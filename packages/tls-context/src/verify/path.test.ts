import { X509Certificate } from 'node:crypto';
import { createAuthority } from '@sock/dev-certs';
import { expect, test } from 'vitest';
import { anchorsOf } from './anchors.ts';
import { buildPath } from './path.ts';

const parse = (pem: string): X509Certificate[] => pem.split(/(?<=-----END CERTIFICATE-----)\s*/).filter((part) => part !== '').map((part) => new X509Certificate(part));
const subjects = (path: readonly X509Certificate[] | undefined): string[] | undefined => path?.map(({ fingerprint256 }) => fingerprint256);

const root = createAuthority({ name: 'An authority' });
const [anchor] = parse(root.ca) as [X509Certificate];
const anchors = anchorsOf(() => [anchor]);

test('goes up over what was sent, in whatever order, to what is trusted', () => {
  const [leaf, below] = parse(root.issueIntermediate({ name: 'Below' }).issue({ names: ['a.test'] }).chain) as [X509Certificate, X509Certificate];
  const [idle] = parse(createAuthority({ name: 'Idle' }).ca) as [X509Certificate];
  expect(subjects(buildPath(leaf, [leaf, below], anchors))).toEqual(subjects([leaf, below, anchor]));
  expect(subjects(buildPath(leaf, [idle, below, leaf, anchor], anchors))).toEqual(subjects([leaf, below, anchor]));
  expect(buildPath(leaf, [leaf], anchors)).toBeUndefined();
});

test('goes on above an authority that changed its key and kept its name', () => {
  const [leaf, renewed] = parse(root.issueIntermediate({ name: 'An authority' }).issue({ names: ['a.test'] }).chain) as [X509Certificate, X509Certificate];
  expect(renewed.subject).toBe(renewed.issuer);
  expect(subjects(buildPath(leaf, [leaf, renewed], anchors))).toEqual(subjects([leaf, renewed, anchor]));
});

test('ends at a certificate that is signed by itself and not trusted', () => {
  const [stranger] = parse(createAuthority({ name: 'An authority' }).ca) as [X509Certificate];
  expect(buildPath(stranger, [stranger], anchors)).toBeUndefined();
  expect(subjects(buildPath(anchor, [], anchors))).toEqual(subjects([anchor]));
});
