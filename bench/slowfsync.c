/* A disk that takes its time, or fails: LD_PRELOAD this before SQLite or PostgreSQL.
 *
 *   gcc -shared -fPIC -O2 -o slowfsync.so slowfsync.c -ldl
 *
 * SLOWFSYNC_MICROS  how long each fsync and fdatasync takes more (0: not at all)
 * SLOWFSYNC_ERRNO   the number of the error that each of them fails with (5: EIO, 28: ENOSPC; 0: none)
 * SLOWFSYNC_FILE    a file that holds "MICROS ERRNO" and wins over both; it may change while the program runs
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static long micros, failure;

static long number(const char *name) {
    const char *value = getenv(name);
    return value ? strtol(value, NULL, 10) : 0;
}

static void look(void) {
    const char *path = getenv("SLOWFSYNC_FILE");
    micros = number("SLOWFSYNC_MICROS");
    failure = number("SLOWFSYNC_ERRNO");
    FILE *file = path ? fopen(path, "r") : NULL;
    if (file) {
        if (fscanf(file, "%ld %ld", &micros, &failure) < 1)
            micros = failure = 0;
        fclose(file);
    }
}

static int slowed(const char *name, int fd) {
    look();
    if (micros > 0) {
        struct timespec wait = {micros / 1000000, (micros % 1000000) * 1000};
        while (nanosleep(&wait, &wait) == -1 && errno == EINTR)
            ;
    }
    if (failure > 0) {
        errno = (int)failure;
        return -1;
    }
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    return real(fd);
}

int fsync(int fd) { return slowed("fsync", fd); }
int fdatasync(int fd) { return slowed("fdatasync", fd); }
