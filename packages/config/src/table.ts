export { limitsTable, type LimitsRow, type LimitsTable } from './limits-table.ts';
