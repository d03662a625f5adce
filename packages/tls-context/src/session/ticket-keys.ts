import { hkdfSync, randomBytes } from 'node:crypto';
import { TlsError } from '../errors.ts';
import { optionFault } from '../material/option-fault.ts';

/** Bytes of a set of ticket keys: 16 of its name, 16 of the HMAC key, 16 of the AES key. */
export const TICKET_KEY_BYTES = 48;

/** The least bytes of a secret that ticket keys are derived from. */
export const LEAST_SECRET_BYTES = 32;

/** A set of keys that a server encrypts its tickets with. A `SecureContext` of Node has exactly one. */
export interface TicketKey {
  /** The name of the key in hexadecimal, as it stands in clear at the front of each ticket: the same in a whole fleet. */
  readonly id: string;
  /**
   * The 48 bytes that `ticketKeys` of `node:tls` takes. Do not keep them: they are zeroed when the keys are disposed of.
   *
   * @throws `ERR_SOCK_TLS_DISPOSED` from then on, because a server with a key of zeros would encrypt for everybody
   */
  readonly bytes: Uint8Array;
}

/** Keys that follow from a secret and the time: servers that share both agree without talking to each other. */
export interface DerivedTicketKeys {
  /** At least 32 bytes that cannot be guessed; it is copied. **32 random bytes** */
  readonly secret?: Uint8Array | undefined;
  /** How long a key encrypts, in milliseconds. */
  readonly rotationMs: number;
  /** How long a ticket is accepted, in milliseconds. All keys of that time are kept: `lifetimeMs / rotationMs` should stay small. */
  readonly lifetimeMs: number;
  /** Keeps the keys of services apart that share a secret; at most 900 bytes. **empty** */
  readonly purpose?: string | undefined;
  /** The clock, in milliseconds of the epoch. **`Date.now`** */
  readonly now?: (() => number) | undefined;
}

/** Keys that are given and stay as they are. */
export interface GivenTicketKeys {
  /** The first encrypts, all are accepted; 48 bytes each. They are copied. */
  readonly keys: readonly Uint8Array[];
}

/**
 * The ticket keys of a server (RFC 5077, section 4). Derived ones change every `rotationMs`; keys of the past are accepted for as long
 * as a ticket lives, and the next one as well, because the clock of another server of the fleet may be ahead.
 *
 * What reads all memory of a server reads the keys of the tickets too. Whoever learns the `secret` can decrypt every connection of
 * TLS 1.2 that got a ticket, however old, and can forge tickets that hold the certificate of whatever client he likes: it is as precious as the
 * private key of an authority.
 */
export class TicketKeys {
  readonly #derivation: Derivation | undefined;
  /** The first encrypts. Of derived ones: the current, then the others of the window. */
  #keys: readonly HeldKey[];
  #byName: ReadonlyMap<string, HeldKey>;
  #epoch: number | undefined;
  #disposed = false;

  /** @throws `ERR_SOCK_TLS_OPTION` when a secret or a key has the wrong length, or two keys have one name */
  constructor(source: DerivedTicketKeys | GivenTicketKeys) {
    if ('keys' in source) {
      requireTicketKeys(source.keys);
      this.#keys = source.keys.map((key) => this.#hold(Uint8Array.from(key)));
    } else {
      if (source.secret !== undefined) requireTicketSecret(source.secret);
      this.#derivation = {
        secret: source.secret === undefined ? Uint8Array.from(randomBytes(LEAST_SECRET_BYTES)) : Uint8Array.from(source.secret),
        purpose: source.purpose ?? '',
        rotationMs: source.rotationMs,
        keptEpochs: Math.ceil(source.lifetimeMs / source.rotationMs),
        now: source.now ?? Date.now,
      };
      this.#keys = [];
    }
    this.#byName = byName(this.#keys);
  }

  /**
   * The key that encrypts new tickets.
   *
   * @throws `ERR_SOCK_TLS_DISPOSED`
   */
  current(): TicketKey {
    this.#slide();
    // No list is empty: given ones are checked, and a window has at least its own epoch.
    return (this.#keys[0] as HeldKey).key;
  }

  /**
   * The key of a ticket, while it is accepted.
   *
   * @param name - the first 16 bytes of the ticket: see {@link ticketOf}
   * @throws `ERR_SOCK_TLS_DISPOSED`
   */
  find(name: Uint8Array): TicketKey | undefined {
    this.#slide();
    return this.#byName.get(hex(name))?.key;
  }

  /** Overwrites the secret and the keys with zeros. A second call does nothing. */
  dispose(): void {
    this.#disposed = true;
    this.#derivation?.secret.fill(0);
    for (const { raw } of this.#keys) raw.fill(0);
    this.#keys = [];
    this.#byName = byName([]);
  }

  /** Moves the window of accepted keys to where the clock is; those in both stay the same objects. */
  #slide(): void {
    this.#requireAlive();
    const derivation = this.#derivation;
    if (derivation === undefined) return;
    const epoch = Math.floor(derivation.now() / derivation.rotationMs);
    if (epoch === this.#epoch) return;
    const known = new Map(this.#keys.map((held) => [held.epoch, held]));
    const kept = (wanted: number): HeldKey => known.get(wanted) ?? this.#hold(derive(derivation, wanted), wanted);
    const past = Array.from({ length: derivation.keptEpochs }, (_, index) => kept(epoch - 1 - index));
    // Keys that fall out are not zeroed: a handshake may be about to use one.
    this.#keys = [kept(epoch), kept(epoch + 1), ...past];
    this.#byName = byName(this.#keys);
    this.#epoch = epoch;
  }

  #hold(raw: Uint8Array, epoch?: number): HeldKey {
    const requireAlive = (): void => this.#requireAlive();
    const key = {
      id: hex(raw.subarray(0, NAME_BYTES)),
      // A getter is also not printed by whoever logs the key.
      get bytes() {
        requireAlive();
        return raw;
      },
    };
    return { key, raw, epoch };
  }

  #requireAlive(): void {
    if (!this.#disposed) return;
    throw new TlsError('ERR_SOCK_TLS_DISPOSED', 'the ticket keys of this server context are disposed of: it takes no more connections', {
      kind: 'handshake', phase: 'handshake', category: 'closed',
    });
  }
}

/** What of a ClientHello may hold tickets. */
export interface TicketHello {
  /** The content of the extension `session_ticket` (RFC 5077), which TLS 1.2 resumes by. */
  readonly sessionTicket: Uint8Array | undefined;
  /** The identities of the extension `pre_shared_key` (RFC 8446, section 4.2.11), in their order. */
  readonly pskIdentities: readonly Uint8Array[];
}

/** The names of the keys that a client's tickets were encrypted with, 16 bytes each. What is too short for a ticket is passed over. */
export function ticketOf({ sessionTicket, pskIdentities }: TicketHello): Uint8Array[] {
  const tickets = sessionTicket === undefined ? pskIdentities : [sessionTicket, ...pskIdentities];
  return tickets.filter(({ length }) => length >= LEAST_TICKET_BYTES).map((ticket) => ticket.subarray(0, NAME_BYTES));
}

/** @throws `ERR_SOCK_TLS_OPTION` */
export function requireTicketSecret(secret: Uint8Array): void {
  if (secret.length >= LEAST_SECRET_BYTES) return;
  throw optionFault('sessions.ticketSecret', `it has ${secret.length} bytes; give at least ${LEAST_SECRET_BYTES} random ones`);
}

/** @throws `ERR_SOCK_TLS_OPTION` */
export function requireTicketKeys(keys: readonly Uint8Array[]): void {
  if (keys.length === 0) throw optionFault('sessions.ticketKeys', 'the list is empty; leave it out for keys that are made by themselves');
  const names = new Set<string>();
  for (const [index, key] of keys.entries()) {
    const option = `sessions.ticketKeys[${index}]`;
    if (key.length !== TICKET_KEY_BYTES) throw optionFault(option, `it has ${key.length} bytes instead of ${TICKET_KEY_BYTES}`);
    const name = hex(key.subarray(0, NAME_BYTES));
    if (names.has(name)) throw optionFault(option, `its first ${NAME_BYTES} bytes, the name, are those of a key before it`);
    names.add(name);
  }
}

const NAME_BYTES = 16;
/** Name, initialisation vector and HMAC; what is encrypted comes on top (RFC 5077, section 4). */
const LEAST_TICKET_BYTES = 64;

interface HeldKey {
  readonly key: TicketKey;
  readonly raw: Uint8Array;
  /** `undefined` for given keys. */
  readonly epoch: number | undefined;
}

interface Derivation {
  readonly secret: Uint8Array;
  readonly purpose: string;
  readonly rotationMs: number;
  /** Epochs of the past whose tickets may still live. */
  readonly keptEpochs: number;
  readonly now: () => number;
}

/** HKDF with SHA-256 (RFC 5869). Servers of different releases share keys: changing this makes them refuse each other's tickets. */
function derive({ secret, purpose, rotationMs }: Derivation, epoch: number): Uint8Array {
  // Unambiguous whatever the purpose is: numbers have no slash, and there are always two after it.
  const info = `sock tls ticket/${purpose}/${rotationMs}/${epoch}`;
  return new Uint8Array(hkdfSync('sha256', secret, '', info, TICKET_KEY_BYTES));
}

function byName(keys: readonly HeldKey[]): ReadonlyMap<string, HeldKey> {
  return new Map(keys.map((held) => [held.key.id, held]));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
