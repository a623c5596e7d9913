"""Who calls out: a library put before the C library writes down every connection of a process."""

import os
import shutil
import subprocess

SOURCE = r"""
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void note(const char *what, const char *where) {
    char line[512];
    int length = snprintf(line, sizeof line, "%s %s\n", what, where ? where : "?");
    int file = open(getenv("OUTGOING"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0 || write(file, line, length) != length) abort();
    close(file);
}

static void note_address(const char *what, const struct sockaddr *to) {
    char where[INET6_ADDRSTRLEN] = "";
    if (!to) return;
    if (to->sa_family == AF_INET)
        inet_ntop(AF_INET, &((struct sockaddr_in *)to)->sin_addr, where, sizeof where);
    else if (to->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((struct sockaddr_in6 *)to)->sin6_addr, where, sizeof where);
    else return;
    note(what, where);
}

int connect(int s, const struct sockaddr *to, socklen_t n) {
    note_address("connect", to);
    int (*real)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "connect");
    return real(s, to, n);
}

ssize_t sendto(int s, const void *b, size_t l, int f, const struct sockaddr *to, socklen_t n) {
    note_address("sendto", to);
    ssize_t (*real)(int, const void *, size_t, int, const struct sockaddr *, socklen_t) =
        dlsym(RTLD_NEXT, "sendto");
    return real(s, b, l, f, to, n);
}

int getaddrinfo(const char *h, const char *p, const struct addrinfo *i, struct addrinfo **r) {
    note("getaddrinfo", h);
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
        dlsym(RTLD_NEXT, "getaddrinfo");
    return real(h, p, i, r);
}
"""


class Outgoing:
    """Watches a process, C libraries included, for connections to any address.

    Args:
        folder: for the library and its notes.
        environment: of the process without it.

    Attributes:
        environment: of the process with it.
    """

    def __init__(self, folder, environment):
        library, self._notes = folder / "outgoing.so", folder / "outgoing.txt"
        command = ["cc", "-shared", "-fPIC", "-O1", "-o", library, "-x", "c", "-", "-ldl"]
        subprocess.run(command, input=SOURCE, text=True, check=True)
        self.environment = {**environment, "LD_PRELOAD": str(library), "OUTGOING": str(self._notes)}

    @staticmethod
    def possible():
        """Tell whether there is a C compiler to make the library with."""
        return os.name == "posix" and shutil.which("cc") is not None

    def calls(self):
        """What was called so far, such as `connect 127.0.0.1`."""
        return self._notes.read_text().splitlines() if self._notes.exists() else []
