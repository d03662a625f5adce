#include "bench.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

Carrier to_carrier(const char *name) {
  if (strcmp(name, "tcp") == 0) return TCP;
  if (strcmp(name, "tls") == 0) return TLS;
  if (strcmp(name, "tls12") == 0) return TLS12;
  fail("there is no carrier %s", name);
}

// The suites that the other contestants have as well.
static SSL_CTX *context(const SSL_METHOD *method, Carrier carrier) {
  SSL_CTX *made = SSL_CTX_new(method);
  if (made == NULL) fail("no context of TLS");
  if (carrier == TLS) SSL_CTX_set_min_proto_version(made, TLS1_3_VERSION);
  else SSL_CTX_set_max_proto_version(made, TLS1_2_VERSION);
  if (!SSL_CTX_set_ciphersuites(made, "TLS_AES_128_GCM_SHA256")) fail("no TLS_AES_128_GCM_SHA256");
  if (!SSL_CTX_set_cipher_list(made, "ECDHE-ECDSA-AES128-GCM-SHA256")) fail("no ECDHE-ECDSA-AES128-GCM-SHA256");
  return made;
}

SSL_CTX *server_context(Carrier carrier, const char *chain, const char *key) {
  SSL_CTX *made = context(TLS_server_method(), carrier);
  if (SSL_CTX_use_certificate_chain_file(made, chain) != 1) fail("the chain cannot be read");
  if (SSL_CTX_use_PrivateKey_file(made, key, SSL_FILETYPE_PEM) != 1) fail("the key cannot be read");
  return made;
}

SSL_CTX *client_context(Carrier carrier, const char *ca) {
  SSL_CTX *made = context(TLS_client_method(), carrier);
  if (SSL_CTX_load_verify_locations(made, ca, NULL) != 1) fail("the CA cannot be read");
  SSL_CTX_set_verify(made, SSL_VERIFY_PEER, NULL);
  return made;
}

static void no_delay(int fd) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int link_accept(Link *link, int fd, SSL_CTX *context) {
  no_delay(fd);
  *link = (Link){fd, NULL};
  if (context == NULL) return 1;
  link->tls = SSL_new(context);
  SSL_set_fd(link->tls, fd);
  return SSL_accept(link->tls) == 1;
}

Link link_dial(int port, SSL_CTX *context, SSL_SESSION *session) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  Link link = {socket(AF_INET, SOCK_STREAM, 0), NULL};
  if (connect(link.fd, (struct sockaddr *)&to, sizeof to) != 0) fail("nothing answers at port %d", port);
  no_delay(link.fd);
  if (context == NULL) return link;
  link.tls = SSL_new(context);
  SSL_set_fd(link.tls, link.fd);
  SSL_set_tlsext_host_name(link.tls, "localhost");
  SSL_set1_host(link.tls, "localhost");
  if (session != NULL) SSL_set_session(link.tls, session);
  if (SSL_connect(link.tls) != 1) fail("no handshake: %s", ERR_error_string(ERR_get_error(), NULL));
  if (SSL_get_verify_result(link.tls) != X509_V_OK) fail("a server was not verified");
  return link;
}

int link_write(Link *link, const void *bytes, size_t length) {
  for (size_t done = 0; done < length;) {
    size_t piece = length - done < PIECE ? length - done : PIECE;
    const char *from = (const char *)bytes + done;
    ssize_t written = link->tls == NULL ? send(link->fd, from, piece, MSG_NOSIGNAL) : SSL_write(link->tls, from, (int)piece);
    if (written <= 0) return 0;
    done += (size_t)written;
  }
  return 1;
}

ssize_t link_read(Link *link, void *bytes, size_t length) {
  return link->tls == NULL ? recv(link->fd, bytes, length, 0) : SSL_read(link->tls, bytes, (int)length);
}

int link_read_exactly(Link *link, void *bytes, size_t length) {
  for (size_t done = 0; done < length;) {
    ssize_t got = link_read(link, (char *)bytes + done, length - done);
    if (got <= 0) return 0;
    done += (size_t)got;
  }
  return 1;
}

void link_close(Link *link) {
  if (link->tls != NULL) {
    // One that failed may not be ended properly (SSL_shutdown(3)), and its queue of errors is nobody's any more.
    if (SSL_is_init_finished(link->tls)) SSL_shutdown(link->tls);
    SSL_free(link->tls);
    ERR_clear_error();
  }
  close(link->fd);
}
