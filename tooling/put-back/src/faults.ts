import { COST_FAULTS } from './cost-faults.ts';
import type { Fault } from './fault.ts';
import { OPERATION_FAULTS } from './operation-faults.ts';
import { POLL_FAULTS } from './poll-faults.ts';
import { POOL_FAULTS } from './pool-faults.ts';
import { SESSION_FAULTS } from './session-faults.ts';
import { SOCKET_FAULTS } from './socket-faults.ts';
import { TLS_FAULTS } from './tls-faults.ts';
import { VERIFICATION_FAULTS } from './verification-faults.ts';

/** All faults that are put back. A number is that of the list of faults which a finished C implementation of the same plan shipped under 2,000 green tests. */
export const FAULTS: readonly Fault[] = [...SOCKET_FAULTS, ...TLS_FAULTS, ...VERIFICATION_FAULTS, ...SESSION_FAULTS, ...POLL_FAULTS, ...OPERATION_FAULTS, ...POOL_FAULTS, ...COST_FAULTS];
