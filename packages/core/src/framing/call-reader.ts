import { checkNames } from '@sock/config';
import type { Cancel } from '../connector.ts';
import type { FrameParser } from './frame-parser.ts';
import { endedEarly } from './framing-errors.ts';
import type { ReaderSettings } from './framing-limits.ts';
import type { Attempt, Intake } from './intake.ts';

/** What all calls of a `Reader` are made of. */
export class CallReader {
  protected readonly intake: Intake;
  protected readonly settings: ReaderSettings;

  constructor(intake: Intake, settings: ReaderSettings) {
    this.intake = intake;
    this.settings = settings;
  }

  /** A call that waits until `attempt` has an answer. */
  protected waiting<T>(what: string, options: Cancel | undefined, known: readonly string[], attempt: Attempt<T>, moved?: () => number): Promise<T> {
    try {
      checkNames(what, options, known);
    } catch (error) {
      // oxlint-disable-next-line prefer-promise-reject-errors -- passes on what was thrown
      return Promise.reject(error);
    }
    return this.intake.ask(what, attempt, options, moved);
  }

  /** A call that does not. */
  protected trying<T>(what: string, options: object | undefined, known: readonly string[], attempt: Attempt<T>): T | undefined {
    checkNames(what, options, known);
    return this.intake.now(what, attempt);
  }

  /** Whether `count` bytes have come. @throws `ERR_SOCK_UNEXPECTED_END` when they never will */
  protected need(count: number, what: string): boolean {
    const { intake } = this;
    while (intake.queue.length < count) {
      if (intake.more()) continue;
      if (intake.atEnd()) throw endedEarly(intake.queue, `the ${count} bytes of ${what}`);
      return false;
    }
    return true;
  }

  /** The next frame of `parser`; `null` at a clean end, `undefined` when it has to wait. */
  protected nextFrame<T>(parser: FrameParser<T>): T | null | undefined {
    const { intake } = this;
    for (;;) {
      const frame = parser.take(intake.queue);
      if (frame !== undefined) return frame;
      if (intake.more()) continue;
      if (!intake.atEnd()) return undefined;
      if (intake.queue.length === 0) return null;
      throw endedEarly(intake.queue, `the end of ${parser.what}`);
    }
  }
}
