import type { BindingObject, Bindings } from '@sock/io/web';
import { bind } from '@sock/io/web';
import type { ClientContext, ClientContextOptions } from '../context/client-context.ts';
import { createClientContext } from '../context/client-context.ts';

/** What `webSockets` takes beside the context. */
export interface WebSocketsOptions extends Omit<Bindings, 'upgrade'> {}

/**
 * A client's TLS as a binding object of the Sockets API: its `connect` speaks TLS unless it is told otherwise, and knows `starttls`.
 *
 * @param context - or the options to make one of
 * @throws what `createClientContext` throws; `SocketError` of `@sock/io/web` for an option that is wrong
 * @example
 * const { connect } = webSockets(createClientContext({ ca }));
 * const socket = connect('localhost:8443');
 */
export function webSockets(context: ClientContext | ClientContextOptions, options: WebSocketsOptions = {}): BindingObject {
  return bind({ secureTransport: 'on', ...options, upgrade: 'upgrade' in context ? context : createClientContext(context) });
}
