import { describeSocketContract } from './index.ts';
import { plainPair } from './plain-pair.ts';
import { secured } from './secured-pair.ts';

const capabilities = { reset: true, inFlightBytes: 12 * 1024 * 1024 };

describeSocketContract('TLS 1.2 over TCP', secured('TLSv1.2', async (limits) => await plainPair('127.0.0.1:0', limits)), capabilities);

describeSocketContract('TLS 1.3 over TCP', secured('TLSv1.3', async (limits) => await plainPair('127.0.0.1:0', limits)), capabilities);
