import type { Socket } from '@sock/core';
import { bytes, text } from '@sock/testkit';

/** Reads lines off a socket. What came behind a line stays for the next, or is given back. */
export class Lines {
  readonly #socket: Socket;
  #held = '';

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** The next line, without its end. */
  async next(): Promise<string> {
    for (;;) {
      const end = this.#held.indexOf('\r\n');
      if (end >= 0) {
        const line = this.#held.slice(0, end);
        this.#held = this.#held.slice(end + 2);
        return line;
      }
      const chunk = await this.#socket.recv({ timeout: '10s' });
      if (chunk === null) throw new Error(`the stream ended after ${JSON.stringify(this.#held)}`);
      this.#held += text(chunk);
    }
  }

  /** Before an upgrade: what was read behind the last line belongs to the layer. */
  release(): void {
    if (this.#held !== '') this.#socket.unread(bytes(this.#held));
    this.#held = '';
  }
}

/** What a mail server answers to a command that changes nothing here. */
const ANSWERS: readonly (readonly [RegExp, string])[] = [
  [/^(?:MAIL|RCPT|RSET|NOOP)\b/i, '250 ok'],
  [/^QUIT\b/i, '221 bye'],
];

/** One part of a mail session, up to the end or to the upgrade. */
export interface MailSession {
  readonly how: 'starttls' | 'quit';
  /** The commands. */
  readonly heard: readonly string[];
  readonly message: string;
}

/** A mail server's side of SMTP (RFC 5321), as far as a client needs it to deliver a message: before STARTTLS (RFC 3207), or after it. */
export async function serveMail(socket: Socket, when: 'in clear' | 'secured' | 'behind stunnel'): Promise<MailSession> {
  const startTls = when === 'in clear';
  const lines = new Lines(socket);
  const heard: string[] = [];
  let message = '';
  const say = (answer: string): Promise<void> => socket.send(bytes(`${answer}\r\n`));
  if (when !== 'secured') await say('220 mail.test ESMTP');
  for (;;) {
    const line = await lines.next();
    heard.push(line);
    if (/^(?:EHLO|HELO)\b/i.test(line)) await say(startTls ? '250-mail.test\r\n250 STARTTLS' : '250 mail.test');
    else if (startTls && /^STARTTLS$/i.test(line)) {
      await say('220 go ahead');
      lines.release();
      return { how: 'starttls', heard, message };
    } else if (/^DATA$/i.test(line)) {
      await say('354 end with a dot');
      for (let part = await lines.next(); part !== '.'; part = await lines.next()) message += `${part}\n`;
      await say('250 taken');
    } else {
      await say(ANSWERS.find(([command]) => command.test(line))?.[1] ?? '502 what?');
      if (/^QUIT\b/i.test(line)) return { how: 'quit', heard, message };
    }
  }
}
