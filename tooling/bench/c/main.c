// Obeys one order at a time: a line of words on standard input, an object of JSON on standard output. Ends when the input does.
#include "bench.h"

#include <openssl/crypto.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  printf("{\"failure\":\"");
  vprintf(format, arguments);
  printf("\"}\n");
  va_end(arguments);
  fflush(stdout);
  exit(1);
}

static void obey(char *line) {
  char *words[6] = {"", "", "", "", "", "1"};
  int count = 0;
  for (char *word = strtok(line, "\t\n"); word != NULL && count < 6; word = strtok(NULL, "\t\n")) words[count++] = word;
  if (strcmp(words[0], "version") == 0) printf("{\"openssl\":\"%s\"}\n", OpenSSL_version(OPENSSL_VERSION));
  else if (strcmp(words[0], "listen") == 0) {
    Carrier carrier = to_carrier(words[1]);
    printf("{\"port\":%d}\n", serve(words[2], carrier == TCP ? NULL : server_context(carrier, words[3], words[4])));
  } else if (strcmp(words[0], "connect") == 0) {
    client_connect(to_carrier(words[1]), atoi(words[2]), words[3], words[4], atoi(words[5]));
    printf("{\"ready\":true}\n");
  } else if (strcmp(words[0], "run") == 0) client_run(words[1], atol(words[2]), atol(words[3]));
  else if (strcmp(words[0], "tally") == 0) print_tally();
  else fail("there is no order %s", words[0]);
}

int main(void) {
  char line[4096];
  // A peer that left is told by the write that fails; Ctrl-C is for the bench, which ends this process.
  signal(SIGPIPE, SIG_IGN);
  signal(SIGINT, SIG_IGN);
  while (fgets(line, sizeof line, stdin) != NULL) {
    obey(line);
    fflush(stdout);
  }
  return 0;
}
