/**
 * Sections as a table, for documents.
 *
 * @module
 */
export { limitsTable, type LimitsRow, type LimitsTable } from './limits-table.ts';
