/* Cyrus SASL's DIGEST-MD5 behind pipes; passwords come from a store in memory, so no file is needed. */

#include "pipes.h"
#include <openssl/des.h>
#include <sasl/sasl.h>
#include <sasl/saslplug.h>

/* The plug-in takes a negative answer of this function for a failure of 3des. From OpenSSL 3.0 on it is negative for
 * keys without parity, which are the only ones DIGEST-MD5 has. This definition stands before the library's. */
int DES_key_sched(const_DES_cblock *key, DES_key_schedule *schedule) {
    DES_set_key_unchecked(key, schedule);
    return 0;
}

static sasl_conn_t *connection;
static int is_client, started;

static int option(void *context, const char *plugin, const char *name, const char **value, unsigned *length) {
    (void)context, (void)plugin;
    if (!strcmp(name, "auxprop_plugin")) *value = "memory";
    else if (!strcmp(name, "mech_list")) *value = "DIGEST-MD5";
    else if (!strcmp(name, "reauth_timeout")) *value = "10"; /* minutes */
    else return SASL_FAIL;
    if (length) *length = strlen(*value);
    return SASL_OK;
}

static int name_of(void *context, int id, const char **value, unsigned *length) {
    (void)context;
    *value = setting_or(id == SASL_CB_USER ? "authzid" : "username", "");
    if (length) *length = strlen(*value);
    return SASL_OK;
}

static int secret_of(sasl_conn_t *conn, void *context, int id, sasl_secret_t **secret) {
    static union { sasl_secret_t secret; char room[sizeof(sasl_secret_t) + 512]; } store;
    (void)conn, (void)context, (void)id;
    store.secret.len = strlen(setting("password"));
    memcpy(store.secret.data, setting("password"), store.secret.len + 1);
    *secret = &store.secret;
    return SASL_OK;
}

static int realm_of(void *context, int id, const char **offered, const char **chosen) {
    (void)context, (void)id;
    *chosen = setting_or("realm", offered[0]);
    return SASL_OK;
}

static int may_act_as(sasl_conn_t *conn, void *context, const char *wanted, unsigned wanted_length, const char *user,
                      unsigned user_length, const char *realm, unsigned realm_length, struct propctx *properties) {
    (void)conn, (void)context, (void)realm, (void)realm_length, (void)properties;
    const char *allowed = setting_or("authzid", "");
    if (wanted_length == user_length && !memcmp(wanted, user, user_length)) return SASL_OK;
    /* The library puts @realm behind both names. */
    const char *at = memchr(wanted, '@', wanted_length);
    if (at) wanted_length = at - wanted;
    return strlen(allowed) == wanted_length && !memcmp(wanted, allowed, wanted_length) ? SASL_OK : SASL_BADAUTH;
}

/* Everybody the store is asked for exists, and has the one password. */
static int look_up(void *context, sasl_server_params_t *server, unsigned flags, const char *user, unsigned length) {
    (void)context, (void)user, (void)length;
    for (const struct propval *wanted = server->utils->prop_get(server->propctx); wanted->name; wanted++) {
        const char *name = wanted->name;
        if ((*name == '*') == !!(flags & SASL_AUXPROP_AUTHZID)) continue;
        if (*name == '*') name++;
        if (!wanted->values && !strcmp(name, "userPassword"))
            server->utils->prop_set(server->propctx, wanted->name, setting("password"), -1);
    }
    return SASL_OK;
}

static sasl_auxprop_plug_t store = {.auxprop_lookup = look_up, .name = "memory"};

static int make_store(const sasl_utils_t *utils, int max, int *version, sasl_auxprop_plug_t **plug, const char *name) {
    (void)utils, (void)max, (void)name;
    *version = SASL_AUXPROP_PLUG_VERSION;
    *plug = &store;
    return SASL_OK;
}

static sasl_callback_t callbacks[] = {
    {SASL_CB_GETOPT, (int (*)(void))option, NULL},      {SASL_CB_USER, (int (*)(void))name_of, NULL},
    {SASL_CB_AUTHNAME, (int (*)(void))name_of, NULL},   {SASL_CB_PASS, (int (*)(void))secret_of, NULL},
    {SASL_CB_GETREALM, (int (*)(void))realm_of, NULL},  {SASL_CB_PROXY_POLICY, (int (*)(void))may_act_as, NULL},
    {SASL_CB_LIST_END, NULL, NULL},
};

static void start(void) {
    sasl_security_properties_t limits = {0};
    int result;
    if (connection) sasl_dispose(&connection);
    is_client = !strcmp(setting("role"), "client");
    started = 0;
    result = is_client
        ? sasl_client_new(setting("service"), setting("host"), NULL, NULL, NULL, 0, &connection)
        : sasl_server_new(setting("service"), setting("host"), setting("realm"), NULL, NULL, NULL, 0, &connection);
    limits.min_ssf = atoi(setting_or("min_ssf", "0"));
    limits.max_ssf = atoi(setting_or("max_ssf", "0"));
    limits.maxbufsize = atoi(setting_or("maxbuf", "65536"));
    if (result == SASL_OK) result = sasl_setprop(connection, SASL_SEC_PROPS, &limits);
    if (result == SASL_OK) reply('+', NULL, 0, NULL, 0);
    else fail(sasl_errstring(result, NULL, NULL));
}

static void step(const char *token, unsigned length) {
    const char *out = NULL, *mechanism;
    unsigned out_length = 0;
    int result;
    if (is_client) {
        result = SASL_CONTINUE;
        if (!started) result = sasl_client_start(connection, "DIGEST-MD5", NULL, &out, &out_length, &mechanism);
        if (result == SASL_CONTINUE && (started || length))
            result = sasl_client_step(connection, token, length, NULL, &out, &out_length);
    } else if (!started) {
        result = sasl_server_start(connection, "DIGEST-MD5", length ? token : NULL, length, &out, &out_length);
    } else {
        result = sasl_server_step(connection, token, length, &out, &out_length);
    }
    started = 1;
    char complete = result == SASL_OK;
    if (result == SASL_OK || result == SASL_CONTINUE) reply('+', &complete, 1, out, out_length);
    else fail(sasl_errdetail(connection));
}

static void code(const char *body, unsigned length, int (*call)(sasl_conn_t *, const char *, unsigned, const char **,
                                                                 unsigned *)) {
    const char *out = NULL;
    unsigned out_length = 0;
    if (call(connection, body, length, &out, &out_length) == SASL_OK) reply('+', NULL, 0, out, out_length);
    else fail(sasl_errdetail(connection));
}

static void benchmark(const char *body) {
    unsigned size = atoi(body), out_length;
    double seconds = atoi(strchr(body, ' ')) / 1000.0, from = now(), spent;
    char *message = calloc(size, 1), text[64];
    const char *out;
    long count = 0;
    while ((spent = now() - from) < seconds) {
        for (int turn = 0; turn < 8; turn++, count++)
            if (sasl_encode(connection, message, size, &out, &out_length) != SASL_OK) { fail("sasl_encode"); return; }
    }
    free(message);
    reply('+', NULL, 0, text, snprintf(text, sizeof text, "%f", count * (double)size / spent));
}

static int decode(const char *record, size_t length) {
    const char *out;
    unsigned out_length;
    return sasl_decode(connection, record, length, &out, &out_length) != SASL_OK;
}

int main(void) {
    char *body;
    size_t length;
    int letter;
    if (sasl_client_init(callbacks) != SASL_OK || sasl_server_init(callbacks, "digest-http-peer") != SASL_OK ||
        sasl_auxprop_add_plugin("memory", make_store) != SASL_OK)
        return 1;
    while ((letter = request(&body, &length))) {
        if (letter == 'N') { free(settings); settings = strdup(body); start(); }
        else if (letter == 'S') step(body, length);
        else if (letter == 'W') code(body, length, sasl_encode);
        else if (letter == 'U') code(body, length, sasl_decode);
        else if (letter == 'B') benchmark(body);
        else if (letter == 'V') time_records(body, length, decode);
        else return 1;
        free(body);
    }
    return 0;
}
