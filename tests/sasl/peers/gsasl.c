/* GNU SASL's DIGEST-MD5 behind pipes. */

#include "pipes.h"
#include <gsasl.h>

static Gsasl *library;
static Gsasl_session *session;

static int ask(Gsasl *context, Gsasl_session *asking, Gsasl_property property) {
    (void)context, (void)asking, (void)property;
    return GSASL_NO_CALLBACK;
}

static void set(Gsasl_property property, const char *name) {
    if (setting(name)) gsasl_property_set(session, property, setting(name));
}

static void start(void) {
    int result;
    if (session) gsasl_finish(session);
    result = !strcmp(setting("role"), "client") ? gsasl_client_start(library, "DIGEST-MD5", &session)
                                                : gsasl_server_start(library, "DIGEST-MD5", &session);
    if (result != GSASL_OK) { fail(gsasl_strerror(result)); return; }
    set(GSASL_SERVICE, "service");
    set(GSASL_HOSTNAME, "host");
    set(GSASL_AUTHID, "username");
    set(GSASL_AUTHZID, "authzid");
    set(GSASL_PASSWORD, "password");
    set(GSASL_REALM, "realm");
    set(!strcmp(setting("role"), "client") ? GSASL_QOP : GSASL_QOPS, "qop");
    reply('+', NULL, 0, NULL, 0);
}

static void answer(int result, char *out, size_t length, int with_flag) {
    char complete = result == GSASL_OK;
    if (result == GSASL_OK || (with_flag && result == GSASL_NEEDS_MORE)) reply('+', &complete, with_flag, out, length);
    else fail(gsasl_strerror(result));
    if (result == GSASL_OK || result == GSASL_NEEDS_MORE) gsasl_free(out);
}

static void benchmark(const char *body) {
    size_t size = atoi(body), length;
    double seconds = atoi(strchr(body, ' ')) / 1000.0, from = now(), spent;
    char *message = calloc(size, 1), *out, text[64];
    long count = 0;
    while ((spent = now() - from) < seconds) {
        for (int turn = 0; turn < 8; turn++, count++) {
            if (gsasl_encode(session, message, size, &out, &length) != GSASL_OK) { fail("gsasl_encode"); return; }
            gsasl_free(out);
        }
    }
    free(message);
    reply('+', NULL, 0, text, snprintf(text, sizeof text, "%f", count * (double)size / spent));
}

static int decode(const char *record, size_t length) {
    char *out;
    size_t out_length;
    if (gsasl_decode(session, record, length, &out, &out_length) != GSASL_OK) return 1;
    gsasl_free(out);
    return 0;
}

int main(void) {
    char *body, *out;
    size_t length, out_length;
    int letter;
    if (gsasl_init(&library) != GSASL_OK) return 1;
    gsasl_callback_set(library, ask);
    while ((letter = request(&body, &length))) {
        out = NULL;
        out_length = 0;
        if (letter == 'N') { free(settings); settings = strdup(body); start(); }
        else if (letter == 'S') {
            /* The library takes no input for a step that has none. */
            int result = gsasl_step(session, length ? body : NULL, length, &out, &out_length);
            answer(result, out, out_length, 1);
        }
        else if (letter == 'W') { int result = gsasl_encode(session, body, length, &out, &out_length); answer(result, out, out_length, 0); }
        else if (letter == 'U') { int result = gsasl_decode(session, body, length, &out, &out_length); answer(result, out, out_length, 0); }
        else if (letter == 'B') benchmark(body);
        else if (letter == 'V') time_records(body, length, decode);
        else return 1;
        free(body);
    }
    return 0;
}
