#include "bench.h"

#include <arpa/inet.h>
#include <endian.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// Four records: what the other contestants receive at a time.
#define MOST (4 * PIECE)

typedef struct {
  int fd;
  SSL_CTX *context;
  void (*answer)(Link *);
} Server;

static atomic_long full;
static atomic_long resumed;
static double cpu_before;

// Counts each run (eight bytes that tell its length, then so many bytes) and acknowledges its end.
static void sink(Link *link) {
  char *buffer = malloc(MOST);
  const char ack = 6;
  uint64_t header;
  while (link_read_exactly(link, &header, sizeof header)) {
    // A client waits for the acknowledgement before it begins the next run, so that a read never takes more than is missing.
    for (uint64_t missing = be64toh(header); missing > 0;) {
      ssize_t got = link_read(link, buffer, MOST);
      if (got <= 0 || (uint64_t)got > missing) goto over;
      missing -= (uint64_t)got;
    }
    if (!link_write(link, &ack, 1)) break;
  }
over:
  free(buffer);
}

static void echo(Link *link) {
  char *buffer = malloc(MOST);
  for (ssize_t got; (got = link_read(link, buffer, MOST)) > 0;) {
    if (!link_write(link, buffer, (size_t)got)) break;
  }
  free(buffer);
}

// Takes a connection, says so with a byte, and lets it go when the peer does.
static void greet(Link *link) {
  char byte = 6;
  if (!link_write(link, &byte, 1)) return;
  shutdown(link->fd, SHUT_WR);
  while (link_read(link, &byte, 1) > 0) continue;
}

typedef struct {
  Link link;
  void (*answer)(Link *);
} Guest;

static void *serve_guest(void *argument) {
  Guest *guest = argument;
  guest->answer(&guest->link);
  link_close(&guest->link);
  free(guest);
  return NULL;
}

// In a thread of its own, so that others are served meanwhile.
static void serve_aside(Link link, void (*answer)(Link *)) {
  Guest *guest = malloc(sizeof *guest);
  *guest = (Guest){link, answer};
  pthread_t thread;
  if (pthread_create(&thread, NULL, serve_guest, guest) != 0) fail("no thread");
  pthread_detach(thread);
}

static void *run(void *argument) {
  Server *server = argument;
  for (;;) {
    int fd = accept(server->fd, NULL, NULL);
    if (fd < 0) continue;
    Link link;
    if (link_accept(&link, fd, server->context)) {
      if (link.tls != NULL && SSL_session_reused(link.tls)) resumed++;
      else full++;
      if (server->answer == sink) {
        serve_aside(link, sink);
        continue;
      }
      server->answer(&link);
    }
    link_close(&link);
  }
  return NULL;
}

int serve(const char *service, SSL_CTX *context) {
  Server *server = malloc(sizeof *server);
  server->context = context;
  if (strcmp(service, "sink") == 0) server->answer = sink;
  else if (strcmp(service, "echo") == 0 || strcmp(service, "handshakes") == 0) server->answer = echo;
  else if (strcmp(service, "greet") == 0) server->answer = greet;
  else fail("the program in C has no service %s", service);
  server->fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof at;
  if (bind(server->fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(server->fd, 511) != 0) fail("cannot listen");
  getsockname(server->fd, (struct sockaddr *)&at, &length);
  pthread_t thread;
  if (pthread_create(&thread, NULL, run, server) != 0) fail("no thread");
  return ntohs(at.sin_port);
}

void print_tally(void) {
  double cpu = cpu_seconds();
  printf("{\"full\":%ld,\"resumed\":%ld,\"cpuSeconds\":%.6f}\n", atomic_exchange(&full, 0), atomic_exchange(&resumed, 0), cpu - cpu_before);
  cpu_before = cpu;
}
