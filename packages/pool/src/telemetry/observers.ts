import type { PoolObserver } from '../pool-observer.ts';
import { tell } from '../pool-observer.ts';

type EventName = keyof PoolObserver;
type Listener = (event: unknown) => void;

/**
 * Joins observers into one: each hears of every event that it listens to, in this order, and what one throws is kept from the others. An event to which none of them
 * listens at that moment costs no more than the question.
 */
export function observers(...joined: readonly PoolObserver[]): PoolObserver {
  const one: { [Name in EventName]?: Listener } = {};
  for (const name of EVENTS) {
    const all: Listener = (event) => {
      for (const observer of joined) tell(observer[name] as Listener | undefined, event);
    };
    // Asked anew each time, since an observer may begin or cease to listen: that of the entry `diagnostics` does.
    Object.defineProperty(one, name, { enumerable: true, get: () => (joined.some((observer) => observer[name] !== undefined) ? all : undefined) });
  }
  return one;
}

/** Every event of a pool. */
export const EVENTS: readonly EventName[] = /*#__PURE__*/ Object.keys({
  acquired: true, refused: true, released: true, created: true, dialFailed: true, evicted: true, circuit: true, leaked: true,
} satisfies Record<EventName, true>) as EventName[];
