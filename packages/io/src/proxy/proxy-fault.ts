import type { HeaderFault } from './proxy-error.ts';

/** What is wrong with a header, as the end of a sentence that begins with "the PROXY header from …". */
export class ProxyFault extends Error {
  readonly reason: HeaderFault;

  constructor(reason: HeaderFault, message: string) {
    super(message);
    this.reason = reason;
  }
}
