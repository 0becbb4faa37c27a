// Writes down, in order, everything a program does to the files of one folder and everything it hears and says, so that
// a power cut at any moment can be played afterwards; and makes chosen calls fail.
//
// Loaded before libc (LD_PRELOAD), so it sees the calls that go through libc: whatever went round it (mmap, io_uring,
// raw system calls) shows as a difference between the recording played to its end and the folder itself.
//
// KORDON_SHIM_DIR   the folder (absolute); KORDON_SHIM_LOG  the recording
// KORDON_SHIM_FAULT "17:EIO" lets the 17th changing call fail, "17+:EIO" that one and all later ones;
//                   EIO, ENOSPC, EROFS, or short (half of the bytes are written)
// KORDON_SHIM_ROOM  after so many written bytes the disk is full
// KORDON_SHIM_LIE   for negative controls: "fsync" does nothing and says that all went well, "write" likewise,
//                   "fault" does not tell the program that a call has failed
//
// An entry is a line `kind a b c length` and then `length` bytes; tests/crash/recording.rs reads it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { SHORT = -1, MANY = 65536, TOLD = 1024 };
enum role { UNKNOWN, OTHER, WATCHED, TALK };

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static unsigned char roles[MANY];
static const char *folder, *lie;
static size_t folder_len;
static int recording = -1;
static long calls, fault_at, fault_ever, room = -1;
static int fault_what;

__attribute__((constructor)) static void begin(void) {
    folder = getenv("KORDON_SHIM_DIR");
    folder_len = folder ? strlen(folder) : 0;
    lie = getenv("KORDON_SHIM_LIE");
    const char *file = getenv("KORDON_SHIM_LOG"), *fault = getenv("KORDON_SHIM_FAULT"), *bytes = getenv("KORDON_SHIM_ROOM");
    if (file) recording = syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (bytes) room = atol(bytes);
    if (fault) {
        char *rest;
        fault_at = strtol(fault, &rest, 10);
        fault_ever = *rest == '+';
        rest += fault_ever + 1;
        fault_what = !strcmp(rest, "ENOSPC") ? ENOSPC : !strcmp(rest, "EROFS") ? EROFS : !strcmp(rest, "short") ? SHORT : EIO;
    }
}

static int lies(const char *how) { return lie && !strcmp(lie, how); }

static void note(char kind, long a, long b, long c, const void *bytes, size_t n) {
    if (recording < 0) return;
    char head[128];
    int k = snprintf(head, sizeof head, "%c %ld %ld %ld %zu\n", kind, a, b, c, n);
    struct iovec parts[2] = {{head, k}, {(void *)bytes, n}};
    if (syscall(SYS_writev, recording, parts, 2) != (long)(k + n)) abort();
}

static int within(const char *path) {
    return folder && !strncmp(path, folder, folder_len) && (path[folder_len] == '/' || !path[folder_len]);
}

static int path_of(int fd, char *out) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long n = syscall(SYS_readlinkat, AT_FDCWD, link, out, PATH_MAX - 1);
    out[n > 0 ? n : 0] = 0;
    return n > 0;
}

// The absolute path of a file named relative to an open folder.
static const char *at(int dir, const char *path, char *out) {
    if (*path == '/') return path;
    char base[PATH_MAX];
    if (dir == AT_FDCWD ? !getcwd(base, sizeof base) : !path_of(dir, base)) return path;
    if (snprintf(out, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) return path;
    return out;
}

static enum role role(int fd) {
    if (fd < 0 || fd >= MANY || fd == recording) return OTHER;
    if (fd == 1 || fd == 2) return TALK;
    if (roles[fd] == UNKNOWN) {
        struct stat s;
        char path[PATH_MAX];
        if (fstat(fd, &s)) return OTHER;
        // A file without a name is gone after a cut, whatever is in it.
        int lasts = s.st_nlink && path_of(fd, path) && within(path);
        roles[fd] = S_ISSOCK(s.st_mode) ? TALK : lasts ? WATCHED : OTHER;
    }
    return roles[fd];
}

static long inode(int fd) {
    struct stat s;
    return fstat(fd, &s) ? -1 : (long)s.st_ino;
}

// Counts a changing call; the error it shall meet, SHORT, or 0.
static int fault(char kind) {
    calls++;
    if (!fault_at || calls < fault_at || (calls > fault_at && !fault_ever)) return 0;
    note('f', calls, fault_what, kind, "", 0);
    return fault_what;
}

static long fail(int error) {
    pthread_mutex_unlock(&turn);
    errno = error;
    return -1;
}

static long done(long result) {
    int error = errno;
    pthread_mutex_unlock(&turn);
    errno = error;
    return result;
}

static ssize_t put(int fd, const struct iovec *parts, int k, off_t place) {
    size_t n = 0, asked;
    for (int i = 0; i < k; i++) n += parts[i].iov_len;
    char *bytes = malloc(n + 1);
    n = 0;
    for (int i = 0; i < k; i++) memcpy(bytes + n, parts[i].iov_base, parts[i].iov_len), n += parts[i].iov_len;
    asked = n;
    if (role(fd) != WATCHED) {
        if (role(fd) == TALK) {
            pthread_mutex_lock(&turn);
            note('a', fd, 0, 0, bytes, n < TOLD ? n : TOLD);
            pthread_mutex_unlock(&turn);
        }
        free(bytes);
        return place >= 0 ? syscall(SYS_pwritev, fd, parts, k, place, 0) : syscall(SYS_writev, fd, parts, k);
    }
    pthread_mutex_lock(&turn);
    int error = lies("write") ? 0 : fault('w');
    if (error == SHORT && n > 1) n /= 2;
    if (error > 0 && !lies("fault")) return free(bytes), fail(error);
    if (lies("write") || error > 0) return free(bytes), done(asked);
    if (room >= 0 && (long)n > room) n = room;
    if (!n && asked) return free(bytes), fail(ENOSPC);
    if (room >= 0) room -= n;
    struct stat s;
    off_t start = place;
    if (place < 0) start = fcntl(fd, F_GETFL) & O_APPEND && !fstat(fd, &s) ? s.st_size : lseek(fd, 0, SEEK_CUR);
    long wrote = place >= 0 ? syscall(SYS_pwrite64, fd, bytes, n, place) : syscall(SYS_write, fd, bytes, n);
    int kept = errno;
    if (wrote > 0) note('w', inode(fd), start, 0, bytes, wrote);
    free(bytes);
    errno = kept;
    return done(wrote);
}

ssize_t write(int fd, const void *b, size_t n) { return put(fd, &(struct iovec){(void *)b, n}, 1, -1); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t o) { return put(fd, &(struct iovec){(void *)b, n}, 1, o); }
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t o) { return put(fd, &(struct iovec){(void *)b, n}, 1, o); }
ssize_t writev(int fd, const struct iovec *v, int k) { return put(fd, v, k, -1); }
ssize_t pwritev(int fd, const struct iovec *v, int k, off_t o) { return put(fd, v, k, o); }
ssize_t pwritev64(int fd, const struct iovec *v, int k, off64_t o) { return put(fd, v, k, o); }

static void told(char kind, int fd, const void *bytes, ssize_t n) {
    if (n <= 0 || role(fd) != TALK) return;
    int error = errno;
    pthread_mutex_lock(&turn);
    note(kind, fd, 0, 0, bytes, n < TOLD ? n : TOLD);
    pthread_mutex_unlock(&turn);
    errno = error;
}

ssize_t send(int fd, const void *b, size_t n, int flags) {
    told('a', fd, b, n);
    return syscall(SYS_sendto, fd, b, n, flags, 0, 0);
}

ssize_t recv(int fd, void *b, size_t n, int flags) {
    ssize_t got = syscall(SYS_recvfrom, fd, b, n, flags, 0, 0);
    told('q', fd, b, got);
    return got;
}

ssize_t read(int fd, void *b, size_t n) {
    ssize_t got = syscall(SYS_read, fd, b, n);
    told('q', fd, b, got);
    return got;
}

int close(int fd) {
    if (fd >= 0 && fd < MANY) roles[fd] = UNKNOWN;
    return syscall(SYS_close, fd);
}

static int open_at(int dir, const char *name, int flags, mode_t mode) {
    char full[PATH_MAX];
    const char *path = at(dir, name, full);
    if (!within(path) || !(flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) || (flags & O_TMPFILE) == O_TMPFILE) {
        int fd = syscall(SYS_openat, dir, name, flags, mode);
        if (fd >= 0 && fd < MANY) roles[fd] = UNKNOWN;
        return fd;
    }
    pthread_mutex_lock(&turn);
    int error = fault('o');
    if (error > 0 && !lies("fault")) return fail(error);
    int made = syscall(SYS_faccessat, AT_FDCWD, path, F_OK) != 0;
    int fd = syscall(SYS_openat, dir, name, flags, mode);
    if (fd >= 0 && fd < MANY) roles[fd] = UNKNOWN;
    if (fd >= 0) note('o', inode(fd), made, (flags & O_TRUNC) != 0, path, strlen(path));
    return done(fd);
}

#define MODE(flags) ({ mode_t m = 0; if ((flags) & (O_CREAT | O_TMPFILE)) { va_list v; va_start(v, flags); m = va_arg(v, int); va_end(v); } m; })
int open(const char *p, int flags, ...) { return open_at(AT_FDCWD, p, flags, MODE(flags)); }
int open64(const char *p, int flags, ...) { return open_at(AT_FDCWD, p, flags, MODE(flags)); }
int openat(int d, const char *p, int flags, ...) { return open_at(d, p, flags, MODE(flags)); }
int openat64(int d, const char *p, int flags, ...) { return open_at(d, p, flags, MODE(flags)); }

static int cut_to(int fd, off_t size) {
    if (role(fd) != WATCHED) return syscall(SYS_ftruncate, fd, size);
    pthread_mutex_lock(&turn);
    int error = fault('t');
    if (error > 0) return lies("fault") ? done(0) : fail(error);
    int result = syscall(SYS_ftruncate, fd, size);
    if (!result) note('t', inode(fd), size, 0, "", 0);
    return done(result);
}
int ftruncate(int fd, off_t size) { return cut_to(fd, size); }
int ftruncate64(int fd, off64_t size) { return cut_to(fd, size); }

// What was written before the call began is safe once the call has returned; so both ends are written down.
static int sync_to_disk(int fd, long number) {
    if (role(fd) != WATCHED) return syscall(number, fd);
    if (lies("fsync")) return 0;
    char path[PATH_MAX] = "";
    struct stat s;
    int folder_itself = !fstat(fd, &s) && S_ISDIR(s.st_mode) && path_of(fd, path);
    size_t n = folder_itself ? strlen(path) : 0;
    pthread_mutex_lock(&turn);
    int error = fault('s');
    note('s', inode(fd), folder_itself, 0, path, n);
    pthread_mutex_unlock(&turn);
    int result = error > 0 ? -1 : syscall(number, fd);
    if (error <= 0) error = result ? errno : 0;
    pthread_mutex_lock(&turn);
    note('e', inode(fd), folder_itself, error, path, n);
    pthread_mutex_unlock(&turn);
    if (lies("fault")) return 0;
    errno = error;
    return result;
}
int fsync(int fd) { return sync_to_disk(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_to_disk(fd, SYS_fdatasync); }

static int move(int d, const char *from, int e, const char *to, unsigned flags) {
    char a[PATH_MAX], b[PATH_MAX], both[2 * PATH_MAX];
    const char *old = at(d, from, a), *new = at(e, to, b);
    if (!within(old) && !within(new)) return syscall(SYS_renameat2, d, from, e, to, flags);
    pthread_mutex_lock(&turn);
    int error = fault('r');
    if (error > 0) return lies("fault") ? done(0) : fail(error);
    int result = syscall(SYS_renameat2, d, from, e, to, flags);
    int n = snprintf(both, sizeof both, "%s\n%s", old, new);
    if (!result) note('r', 0, 0, 0, both, n);
    return done(result);
}
int rename(const char *from, const char *to) { return move(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int d, const char *from, int e, const char *to) { return move(d, from, e, to, 0); }
int renameat2(int d, const char *from, int e, const char *to, unsigned flags) { return move(d, from, e, to, flags); }

static int drop(int d, const char *name, int flags) {
    char full[PATH_MAX];
    const char *path = at(d, name, full);
    if (!within(path)) return syscall(SYS_unlinkat, d, name, flags);
    pthread_mutex_lock(&turn);
    int error = fault('u');
    if (error > 0) return lies("fault") ? done(0) : fail(error);
    int result = syscall(SYS_unlinkat, d, name, flags);
    if (!result) note('u', 0, 0, 0, path, strlen(path));
    return done(result);
}
int unlink(const char *p) { return drop(AT_FDCWD, p, 0); }
int rmdir(const char *p) { return drop(AT_FDCWD, p, AT_REMOVEDIR); }
int unlinkat(int d, const char *p, int flags) { return drop(d, p, flags); }

static int make(int d, const char *name, mode_t mode) {
    char full[PATH_MAX];
    const char *path = at(d, name, full);
    if (!within(path)) return syscall(SYS_mkdirat, d, name, mode);
    pthread_mutex_lock(&turn);
    int error = fault('m');
    if (error > 0) return lies("fault") ? done(0) : fail(error);
    int result = syscall(SYS_mkdirat, d, name, mode);
    if (!result) note('m', 0, 0, 0, path, strlen(path));
    return done(result);
}
int mkdir(const char *p, mode_t mode) { return make(AT_FDCWD, p, mode); }
int mkdirat(int d, const char *p, mode_t mode) { return make(d, p, mode); }

// Copies within the kernel would go unseen: std then reads and writes instead.
ssize_t copy_file_range(int in, off64_t *i, int out, off64_t *o, size_t n, unsigned flags) {
    if (role(out) != WATCHED) return syscall(SYS_copy_file_range, in, i, out, o, n, flags);
    errno = ENOSYS;
    return -1;
}
ssize_t sendfile(int out, int in, off_t *o, size_t n) {
    if (role(out) != WATCHED) return syscall(SYS_sendfile, out, in, o, n);
    errno = ENOSYS;
    return -1;
}
ssize_t sendfile64(int out, int in, off64_t *o, size_t n) { return sendfile(out, in, o, n); }
