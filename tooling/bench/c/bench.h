// One end of a connection, written in C on OpenSSL: blocking sockets, nothing clever.
#ifndef BENCH_H
#define BENCH_H

#include <openssl/ssl.h>
#include <stddef.h>
#include <stdint.h>

// What is written and, under TLS, read at a time: the payload of one record of TLS.
#define PIECE 16384

// A connection; `tls` is NULL for plain TCP.
typedef struct {
  int fd;
  SSL *tls;
} Link;

typedef enum { TCP, TLS, TLS12 } Carrier;

// Answers the order with a failure and ends the process.
_Noreturn void fail(const char *format, ...);

// links.c
Carrier to_carrier(const char *name);
SSL_CTX *server_context(Carrier carrier, const char *chain, const char *key);
SSL_CTX *client_context(Carrier carrier, const char *ca);
// Whether the handshake, if there is one, succeeded. The link has to be closed in either case.
int link_accept(Link *link, int fd, SSL_CTX *context);
// A verified one, or none and the end of the process: a client has nothing else to do.
Link link_dial(int port, SSL_CTX *context, SSL_SESSION *session);
// All of it, in pieces of PIECE bytes at most; 0 when the peer has left.
int link_write(Link *link, const void *bytes, size_t length);
// What has come, at least one byte; 0 at the end, -1 when it broke.
ssize_t link_read(Link *link, void *bytes, size_t length);
// 0 when the peer has left before.
int link_read_exactly(Link *link, void *bytes, size_t length);
void link_close(Link *link);

// server.c: serves in a thread, one connection after the other (`sink`: each in a thread of its own), and answers with the port.
int serve(const char *service, SSL_CTX *context);
void print_tally(void);

// client.c: connects in place of what it has, if it has something
void client_connect(Carrier carrier, int port, const char *ca, const char *work, int connections);
void client_run(const char *work, long step_bytes, long count);

// clocks.c
double now(void);
// Processor time of the process, user and system.
double cpu_seconds(void);

#endif
