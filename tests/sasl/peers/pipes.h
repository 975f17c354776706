/* What the C peers share: requests of one letter, four octets of length and a body; answers likewise, with + or - for
 * the letter. N: new context from lines key=value; S: step; W: wrap; U: unwrap; B: benchmark of wrap. */

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

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
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
