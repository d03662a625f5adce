import { Logger, LogLevel } from 'typedoc';

/** Keeps what typedoc complains of, in place of printing it. */
export class Problems extends Logger {
  readonly found: string[] = [];

  override log(message: string, level: LogLevel): void {
    // The parts of a type without a name are told by the comment of what has that type.
    if (level >= LogLevel.Warn && !message.includes('.__type.')) this.found.push(message);
  }
}
