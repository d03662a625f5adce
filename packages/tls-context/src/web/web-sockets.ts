import type { BindingObject, Bindings, SecureLayer } from '@sock/io/web';
import { bind } from '@sock/io/web';
import { LRUCache } from 'lru-cache';
import type { ClientContext, ClientContextOptions } from '../context/client-context.ts';
import { createClientContext } from '../context/client-context.ts';
import { TLS_INFO } from '../info.ts';

/** What `webSockets` takes beside the context. */
export interface WebSocketsOptions extends Omit<Bindings, 'upgrade'> {}

/**
 * A client's TLS as a binding object of the Sockets API: its `connect` speaks TLS unless it is told otherwise, and knows `starttls`.
 *
 * Given a context, connections follow its updates, and offer its own application protocols; the option `alpn` is refused. Given options, a context is made
 * of them, and a further one for each other list of protocols that `connect` is asked to offer; the 16 that were used last are kept.
 *
 * @throws what `createClientContext` throws; `SocketError` of `@sock/io/web` for an option that is wrong
 * @example
 * const { connect } = webSockets(createClientContext({ ca }));
 * const socket = connect('localhost:8443');
 */
export function webSockets(context: ClientContext | ClientContextOptions, options: WebSocketsOptions = {}): BindingObject {
  const upgrade = isContext(context) ? withFacts(context) : withFacts(createClientContext(context), offeringOf(context));
  return bind({ secureTransport: 'on', ...options, upgrade });
}

/** How many lists of protocols have a context that is kept. */
const MAX_LISTS = 16;

function withFacts(context: ClientContext, offering?: SecureLayer['offering']): SecureLayer {
  const { name, key, upgrade } = context;
  return { name, key, upgrade, offering, agreed: (socket) => socket.get(TLS_INFO)?.alpn };
}

function offeringOf(options: ClientContextOptions): (protocols: readonly string[]) => ClientContext {
  const contexts = new LRUCache<string, ClientContext>({ max: MAX_LISTS });
  return (protocols) => {
    const list = JSON.stringify(protocols);
    const context = contexts.get(list) ?? createClientContext({ ...options, alpn: protocols });
    contexts.set(list, context);
    return context;
  };
}

function isContext(context: ClientContext | ClientContextOptions): context is ClientContext {
  return 'upgrade' in context;
}
