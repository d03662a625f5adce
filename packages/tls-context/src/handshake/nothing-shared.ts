// What both sides say of a peer with which nothing could be agreed on: the one that finds it out, and the one that gets the alert.

/** Behind "the peer", or "it". */
export const NO_SHARED_VERSION = 'shares no version of TLS with this side; compare minVersion and maxVersion of both';

/** As {@link NO_SHARED_VERSION}; OpenSSL does not tell these apart. */
export const NO_SHARED_CIPHER = 'shares no cipher suite, group or signature algorithm with this side; compare ciphers, groups, signatureAlgorithms and the types of keys of both';

/** As {@link NO_SHARED_VERSION}. */
export const NO_SHARED_ALPN = 'shares no application protocol (ALPN) with this side; compare alpn of both';
