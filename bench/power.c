// Writes down what a process does to the files below a folder, in order, so that a loss of power can be played afterwards.
//
//   cc -shared -fPIC -o power.so power.c -ldl
//   LD_PRELOAD=power.so POWER_ROOT=/folder POWER_JOURNAL=/elsewhere/journal program
//
// A record of the journal: a letter, two lengths of paths, a place, a length of data (native integers: "power.py" reads
// them), then the paths and the data. Each is written after what it tells has been done.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

struct head { char what; char pad[3]; uint32_t path, other; uint64_t place, size; };

static int journal = -1;
static char root[PATH_MAX];

__attribute__((constructor)) static void begin(void) {
    const char *below = getenv("POWER_ROOT"), *file = getenv("POWER_JOURNAL");
    if (!below || !file) return;
    snprintf(root, sizeof root, "%s", below);
    int opened = (int)openat(AT_FDCWD, file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    journal = fcntl(opened, F_DUPFD_CLOEXEC, 900);
    close(opened);
}

static int below(const char *path) {
    size_t n = strlen(root);
    return journal >= 0 && strncmp(path, root, n) == 0 && (path[n] == '/' || path[n] == 0);
}

static int name_of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = journal >= 0 ? readlink(link, path, PATH_MAX - 1) : -1;
    if (n < 0) return 0;
    path[n] = 0;
    return below(path) && !(n > 10 && strcmp(path + n - 10, " (deleted)") == 0);
}

static void whole_path(const char *path, char *out) {
    if (path[0] == '/' || !getcwd(out, PATH_MAX)) { snprintf(out, PATH_MAX, "%s", path); return; }
    size_t n = strlen(out);
    snprintf(out + n, PATH_MAX - n, "/%s", path);
}

static void tell(char what, const char *path, const char *other, uint64_t place, const void *data, uint64_t size) {
    int kept = errno;
    struct head head = {what, {0}, (uint32_t)strlen(path), (uint32_t)strlen(other), place, size};
    struct iovec parts[4] = {{&head, sizeof head}, {(void *)path, head.path}, {(void *)other, head.other},
                             {(void *)data, data ? size : 0}};
    if (writev(journal, parts, 4) < 0) abort();
    errno = kept;
}

static void tell_fd(char what, int fd, uint64_t place, const void *data, uint64_t size) {
    char path[PATH_MAX];
    if (name_of(fd, path)) tell(what, path, "", place, data, size);
}

static void tell_names(char what, const char *one, const char *two) {
    char path[PATH_MAX], other[PATH_MAX] = "";
    whole_path(one, path);
    if (two) whole_path(two, other);
    if (below(path) || below(other)) tell(what, path, other, 0, NULL, 0);
}

// --- opening

static int opened(int fd, int flags, int was_there) {
    if (fd >= 0 && (flags & O_CREAT) && !was_there) tell_fd('c', fd, 0, NULL, 0);
    else if (fd >= 0 && (flags & O_TRUNC)) tell_fd('t', fd, 0, NULL, 0);
    return fd;
}

static int there(int dir, const char *path) {
    struct stat found;
    int kept = errno, is = fstatat(dir, path, &found, 0) == 0;
    errno = kept;
    return is;
}

#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); }

int open(const char *path, int flags, ...) {
    MODE(flags) REAL(int, open, const char *, int, ...);
    int was = there(AT_FDCWD, path);
    return opened(real(path, flags, mode), flags, was);
}
int open64(const char *path, int flags, ...) {
    MODE(flags) REAL(int, open64, const char *, int, ...);
    int was = there(AT_FDCWD, path);
    return opened(real(path, flags, mode), flags, was);
}
int openat(int dir, const char *path, int flags, ...) {
    MODE(flags) REAL(int, openat, int, const char *, int, ...);
    int was = there(dir, path);
    return opened(real(dir, path, flags, mode), flags, was);
}
int openat64(int dir, const char *path, int flags, ...) {
    MODE(flags) REAL(int, openat64, int, const char *, int, ...);
    int was = there(dir, path);
    return opened(real(dir, path, flags, mode), flags, was);
}

// --- writing

static uint64_t place_of(int fd) {
    struct stat found;
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0 && (flags & O_APPEND) && fstat(fd, &found) == 0) return (uint64_t)found.st_size;
    off_t place = lseek(fd, 0, SEEK_CUR);
    return place < 0 ? 0 : (uint64_t)place;
}

ssize_t write(int fd, const void *data, size_t size) {
    REAL(ssize_t, write, int, const void *, size_t);
    int kept = errno;
    uint64_t place = place_of(fd);
    errno = kept;
    ssize_t done = real(fd, data, size);
    if (done > 0) tell_fd('w', fd, place, data, (uint64_t)done);
    return done;
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t place) {
    REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
    ssize_t done = real(fd, data, size, place);
    if (done > 0) tell_fd('w', fd, (uint64_t)place, data, (uint64_t)done);
    return done;
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t place) {
    REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
    ssize_t done = real(fd, data, size, place);
    if (done > 0) tell_fd('w', fd, (uint64_t)place, data, (uint64_t)done);
    return done;
}
int ftruncate(int fd, off_t size) {
    REAL(int, ftruncate, int, off_t);
    int done = real(fd, size);
    if (done == 0) tell_fd('t', fd, (uint64_t)size, NULL, 0);
    return done;
}
int ftruncate64(int fd, off64_t size) {
    REAL(int, ftruncate64, int, off64_t);
    int done = real(fd, size);
    if (done == 0) tell_fd('t', fd, (uint64_t)size, NULL, 0);
    return done;
}

// --- reaching the disk

int fsync(int fd) {
    REAL(int, fsync, int);
    int done = real(fd);
    if (done == 0) tell_fd('s', fd, 0, NULL, 0);
    return done;
}
int fdatasync(int fd) {
    REAL(int, fdatasync, int);
    int done = real(fd);
    if (done == 0) tell_fd('s', fd, 0, NULL, 0);
    return done;
}

// --- names

int rename(const char *from, const char *to) {
    REAL(int, rename, const char *, const char *);
    int done = real(from, to);
    if (done == 0) tell_names('r', from, to);
    return done;
}
int renameat(int a, const char *from, int b, const char *to) {
    REAL(int, renameat, int, const char *, int, const char *);
    int done = real(a, from, b, to);
    if (done == 0) tell_names('r', from, to);
    return done;
}
int link(const char *from, const char *to) {
    REAL(int, link, const char *, const char *);
    int done = real(from, to);
    if (done == 0) tell_names('l', from, to);
    return done;
}
int linkat(int a, const char *from, int b, const char *to, int flags) {
    REAL(int, linkat, int, const char *, int, const char *, int);
    int done = real(a, from, b, to, flags);
    if (done == 0) tell_names('l', from, to);
    return done;
}
int unlink(const char *path) {
    REAL(int, unlink, const char *);
    int done = real(path);
    if (done == 0) tell_names('u', path, NULL);
    return done;
}
int unlinkat(int dir, const char *path, int flags) {
    REAL(int, unlinkat, int, const char *, int);
    int done = real(dir, path, flags);
    if (done == 0) tell_names('u', path, NULL);
    return done;
}
int mkdir(const char *path, mode_t mode) {
    REAL(int, mkdir, const char *, mode_t);
    int done = real(path, mode);
    if (done == 0) tell_names('m', path, NULL);
    return done;
}
int mkdirat(int dir, const char *path, mode_t mode) {
    REAL(int, mkdirat, int, const char *, mode_t);
    int done = real(dir, path, mode);
    if (done == 0) tell_names('m', path, NULL);
    return done;
}
