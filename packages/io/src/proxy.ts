/**
 * Connections through SOCKS5 and HTTP CONNECT proxies, and the PROXY protocol on both of its ends.
 *
 * @module
 */
export { viaHttpConnect } from './proxy/http-connect.ts';
export type { HttpConnectOptions } from './proxy/http-connect.ts';
export { ProxyError, ProxyHeaderError } from './proxy/proxy-error.ts';
export type { HeaderFault, ProxyAnswer } from './proxy/proxy-error.ts';
export { encodeProxyHeader } from './proxy/proxy-header.ts';
export type { ProxyHeader, ProxyHeaderSsl } from './proxy/proxy-header.ts';
export { PROXY_INFO } from './proxy/proxy-info.ts';
export type { ProxyInfo, ProxySsl, ProxyTlv } from './proxy/proxy-info.ts';
export { proxyProtocol } from './proxy/proxy-protocol.ts';
export type { ProxyProtocolOptions } from './proxy/proxy-protocol.ts';
export { sendProxyHeader, withProxyHeader } from './proxy/send-proxy-header.ts';
export { viaSocks5 } from './proxy/socks5.ts';
export type { Socks5Options } from './proxy/socks5.ts';
export type { ProxyTrust, TrustedPeer } from './proxy/trust.ts';
export { TUNNEL_INFO } from './proxy/tunnel.ts';
export type { TunnelInfo } from './proxy/tunnel.ts';
