#include "bench.h"

#include <endian.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// As many as a work asks for at the same time; all but `bulk` have one.
#define MOST_CONNECTIONS 256

typedef struct {
  Link link;
  const char *bytes;
  long step_bytes, count;
} Connection;

static Connection connections[MOST_CONNECTIONS];
static int connection_count;
static SSL_CTX *context;
static int server_port;

// The session that came last, for the handshakes that resume one.
static SSL_SESSION *last;

static int keep(SSL *tls, SSL_SESSION *session) {
  (void)tls;
  SSL_SESSION_free(last);
  last = session;
  return 1;
}

static int is_handshakes(const char *work) {
  return strcmp(work, "full") == 0 || strcmp(work, "resumed") == 0;
}

void client_connect(Carrier carrier, int port, const char *ca, const char *work, int wanted) {
  server_port = port;
  for (; connection_count > 0; connection_count--) link_close(&connections[connection_count - 1].link);
  SSL_CTX_free(context);
  context = NULL;
  if (carrier != TCP) context = client_context(carrier, ca);
  if (is_handshakes(work)) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keep);
    return;
  }
  if (wanted < 1 || wanted > MOST_CONNECTIONS) fail("%d connections are too many", wanted);
  for (; connection_count < wanted; connection_count++) connections[connection_count].link = link_dial(port, context, NULL);
}

// Dial, shake hands, verify, a byte each way, close.
static void shake(int resume) {
  SSL_SESSION *session = resume ? last : NULL;
  Link link = link_dial(server_port, context, session);
  if (SSL_session_reused(link.tls) != (session != NULL)) fail("a handshake was not what was asked for");
  char byte = 0;
  if (!link_write(&link, &byte, 1) || !link_read_exactly(&link, &byte, 1)) fail("the server has left");
  link_close(&link);
}

static void *send_share(void *argument) {
  Connection *own = argument;
  uint64_t header = htobe64((uint64_t)own->step_bytes * (uint64_t)own->count);
  int sent = link_write(&own->link, &header, sizeof header);
  for (long step = 0; sent && step < own->count; step++) sent = link_write(&own->link, own->bytes, (size_t)own->step_bytes);
  char ack;
  if (!sent || !link_read_exactly(&own->link, &ack, 1)) fail("the server has left");
  return NULL;
}

// Each connection its share, and in a thread of its own where there are several.
static void send_all(const char *bytes, long step_bytes, long count) {
  pthread_t threads[MOST_CONNECTIONS];
  for (int at = 0; at < connection_count; at++) {
    Connection *own = &connections[at];
    own->bytes = bytes;
    own->step_bytes = step_bytes;
    own->count = count / connection_count + (at < count % connection_count);
    if (connection_count == 1) send_share(own);
    else if (pthread_create(&threads[at], NULL, send_share, own) != 0) fail("no thread");
  }
  for (int at = 0; connection_count > 1 && at < connection_count; at++) pthread_join(threads[at], NULL);
}

static double ping(char *bytes, long step_bytes) {
  Link *link = &connections[0].link;
  double start = now();
  if (!link_write(link, bytes, (size_t)step_bytes) || !link_read_exactly(link, bytes, (size_t)step_bytes)) fail("the server has left");
  return (now() - start) * 1e6;
}

void client_run(const char *work, long step_bytes, long count) {
  char *bytes = calloc(1, (size_t)step_bytes);
  double *times = strcmp(work, "pings") == 0 ? malloc((size_t)count * sizeof *times) : NULL;
  double cpu = cpu_seconds(), start = now();
  if (times != NULL) for (long step = 0; step < count; step++) times[step] = ping(bytes, step_bytes);
  else if (is_handshakes(work)) for (long step = 0; step < count; step++) shake(strcmp(work, "resumed") == 0);
  else if (strcmp(work, "bulk") == 0) send_all(bytes, step_bytes, count);
  else fail("the program in C does no %s", work);
  double seconds = now() - start;
  printf("{\"seconds\":%.9f,\"cpuSeconds\":%.6f", seconds, cpu_seconds() - cpu);
  for (long step = 0; times != NULL && step < count; step++) printf("%s%.3f", step == 0 ? ",\"pingMicros\":[" : ",", times[step]);
  printf(times == NULL ? "}\n" : "]}\n");
  free(times);
  free(bytes);
}
