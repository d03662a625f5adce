/** What is counted, in this order, and how many steps each has. A step of `idle` is a second. */
export const STEPS = { pipelined: 1000, awaited: 1000, 'round trips': 200, bulk: 32, connections: 20, idle: 1 } as const;
