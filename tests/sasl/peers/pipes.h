/* What the C peers share: requests of one letter, four octets of length and a body; answers likewise, with + or - for
 * the letter. N: new context from lines key=value; S: step; W: wrap; U: unwrap;
 * B: time wrap, at a size and for milliseconds; V: time unwrap of framed records. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char *settings;

/* The value of a setting, in a buffer of its own, or NULL. */
static const char *setting(const char *name) {
    static char values[16][512];
    static int next;
    size_t length = strlen(name);
    for (const char *line = settings; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        if (!strncmp(line, name, length) && line[length] == '=') {
            char *value = values[next++ % 16];
            snprintf(value, sizeof values[0], "%.*s", (int)strcspn(line + length + 1, "\n"), line + length + 1);
            return value;
        }
    }
    return NULL;
}

static const char *setting_or(const char *name, const char *otherwise) {
    const char *value = setting(name);
    return value ? value : otherwise;
}

static void reply(char mark, const void *head, size_t head_length, const void *body, size_t length) {
    size_t total = head_length + length;
    unsigned char prefix[5] = {mark, total >> 24, total >> 16, total >> 8, total};
    fwrite(prefix, 1, 5, stdout);
    if (head_length) fwrite(head, 1, head_length, stdout);
    if (length) fwrite(body, 1, length, stdout);
    fflush(stdout);
}

static void fail(const char *text) {
    reply('-', NULL, 0, text, strlen(text));
}

/* Processor seconds of this thread, so that others on the machine do not count. */
static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

/* Reads one request into *body (freed by the caller); 0 at the end of input. */
static int request(char **body, size_t *length) {
    unsigned char prefix[5];
    if (fread(prefix, 1, 5, stdin) != 5) return 0;
    *length = (size_t)prefix[1] << 24 | prefix[2] << 16 | prefix[3] << 8 | prefix[4];
    *body = malloc(*length + 1);
    if (fread(*body, 1, *length, stdin) != *length) exit(1);
    (*body)[*length] = 0;
    return prefix[0];
}

/* Calls each(record with its length, size of both) for the framed records of a body. */
static int for_each_record(const char *body, size_t length, int (*each)(const char *, size_t)) {
    for (size_t at = 0; at < length;) {
        const unsigned char *prefix = (const unsigned char *)body + at;
        size_t size = 4 + ((size_t)prefix[0] << 24 | prefix[1] << 16 | prefix[2] << 8 | prefix[3]);
        if (each(body + at, size)) return 1;
        at += size;
    }
    return 0;
}

/* Seconds of unwrapping, as text. */
static void time_records(const char *body, size_t length, int (*each)(const char *, size_t)) {
    char text[64];
    double from = now();
    if (for_each_record(body, length, each)) fail("a record failed");
    else reply('+', NULL, 0, text, snprintf(text, sizeof text, "%.9f", now() - from));
}
