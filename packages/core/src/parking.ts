/**
 * Putting a connection aside so that nobody can use it, for those who keep connections.
 *
 * @module
 */
export { parking } from './parking/parking.ts';
export type { Parking } from './parking/parking.ts';
