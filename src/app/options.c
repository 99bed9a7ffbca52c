/* SPDX-License-Identifier: Apache-2.0 */
/* The options of each command as rows, and how they are read. Start at
 * app_read_options(). */
#include "app/app.h"

#include "app/private.h"
#include "base/file.h"
#include "json/json.h"

#include <stddef.h>

#define AT(member) offsetof(struct app_options, member)

/* Both commands take the same words; serve takes a few more, at the end. */
static const struct option rows[] = {
    {"listen", OPTION_TEXT, AT(listen), "HOST:PORT", NULL, "127.0.0.1:0",
     "where to listen; port 0 picks a free one", "Where"},
    {"upstream", OPTION_TEXT, AT(upstream), "URL", NULL, NULL,
     "one endpoint for every service (moto, LocalStack); else AWS", NULL},
    {"region", OPTION_TEXT, AT(region), "REGION", NULL, NULL,
     "region; else by the SDKs' own chain", NULL},
    {"profile", OPTION_TEXT, AT(profile), "NAME", NULL, NULL,
     "profile of the shared files; else by the SDKs' own chain", NULL},
    {"ca-bundle", OPTION_TEXT, AT(ca_bundle), "FILE", NULL, NULL,
     "certificates to trust upstream; else the system's", NULL},
    {"proxy-from-environment", OPTION_FLAG, AT(proxy_from_environment), NULL,
     NULL, NULL, "honour HTTPS_PROXY and its like on the way to AWS", NULL},

    {"rules", OPTION_TEXTS, AT(rules), "DIR", NULL, NULL,
     "rules besides, or in place of, the built-in ones", "What is confirmed"},
    {"builtin-rules", OPTION_FLAG, AT(builtin_rules), NULL, NULL, "true",
     "use the built-in rules (--no-builtin-rules: only those of --rules)",
     NULL},
    {"level", OPTION_CHOICE, AT(level), "LEVEL",
     "visible|listed|done|effective", "visible",
     "what lies above this level is not awaited", NULL},
    {"timeout", OPTION_DURATION, AT(timeout_ms), "DURATION", NULL, NULL,
     "the deadline of a confirmation, over the rule's own", NULL},
    {"max-hold", OPTION_DURATION, AT(max_hold_ms), "DURATION", NULL, "110s",
     "the longest hold of one client request", NULL},
    {"on-unsettled", OPTION_CHOICE, AT(on_unsettled), "WHAT", "fail|pass",
     "fail", "when the deadline came first: an error 424, or AWS's answer",
     NULL},
    {"on-failed", OPTION_CHOICE, AT(on_failed), "WHAT", "fail|pass", "fail",
     "when a read-back showed that it never will", NULL},
    {"on-unverifiable", OPTION_CHOICE, AT(on_unverifiable), "WHAT", "fail|pass",
     "pass", "when the read-back may not be made", NULL},
    {"interim", OPTION_FLAG, AT(interim), NULL, NULL, "true",
     "keep a held connection alive with `100 Continue` (--no-interim)", NULL},
    {"learn", OPTION_FLAG, AT(learns), NULL, NULL, "true",
     "learn from what is seen when to read back (--no-learn: by fixed "
     "intervals)",
     "When it is read back"},
    {"state", OPTION_TEXT, AT(state), "DIR", NULL, NULL,
     "keep there from run to run what was learned", NULL},

    {"no-verify", OPTION_FLAG, AT(no_verify), NULL, NULL, NULL,
     "do not verify clients' signatures; loopback upstreams only",
     "Who may call"},
    {"tls-cert", OPTION_TEXT, AT(tls_cert), "FILE", NULL, NULL,
     "certificate chain (PEM), to listen beyond loopback", NULL},
    {"tls-key", OPTION_TEXT, AT(tls_key), "FILE", NULL, NULL,
     "its private key (PEM)", NULL},
    {"plaintext-ok", OPTION_FLAG, AT(plaintext_ok), NULL, NULL, NULL,
     "listen beyond loopback without TLS", NULL},

    {"observe", OPTION_FLAG, AT(observe), NULL, NULL, NULL,
     "hold nothing: confirm in the background and report the reads that came "
     "too early",
     "Races"},

    {"record", OPTION_TEXT, AT(record), "FILE", NULL, NULL,
     "append every interaction, without secrets", "Record and replay"},
    {"record-limit", OPTION_SIZE, AT(record_limit), "BYTES", NULL, "1m",
     "longer bodies are left out of a recording", NULL},
    {"redact", OPTION_FLAG, AT(redact), NULL, NULL, "true",
     "keep secrets out of the recording (--no-redact: write them down)", NULL},
    {"replay", OPTION_TEXT, AT(replay), "FILE", NULL, NULL,
     "answer from a recording: no credentials, no network", NULL},
    {"variable", OPTION_TEXTS, AT(variables), "REGEX", NULL, NULL,
     "what it matches (its group) differs from run to run, in replays", NULL},
    {"ignore", OPTION_TEXTS, AT(ignored), "MEMBER", NULL, NULL,
     "an input member that replays do not compare: Value,\n"
     "ssm:PutParameter:Value",
     NULL},
    {"session", OPTION_TEXT, AT(session), "ID", NULL, NULL,
     "replay only this one of a recording's sessions", NULL},
    {"allow-unused", OPTION_FLAG, AT(allow_unused), NULL, NULL, NULL,
     "recorded calls that were not made do not fail the replay", NULL},
    {"allow-repeats", OPTION_FLAG, AT(allow_repeats), NULL, NULL, NULL,
     "a read made more often than recorded gets its last answer again", NULL},
    {"exact", OPTION_FLAG, AT(exact), NULL, NULL, NULL,
     "other read-backs than were recorded fail the replay too", NULL},
    {"real-time", OPTION_FLAG, AT(real_time), NULL, NULL, NULL,
     "a replay takes as long as what was recorded", NULL},

    {"log", OPTION_TEXT, AT(log), "FILE", NULL, NULL,
     "append what happens as JSON lines; - is stderr", "What is told"},
    {"metrics", OPTION_TEXT, AT(metrics), "HOST:PORT", NULL, NULL,
     "Prometheus text on /metrics, and /healthz", NULL},
    {"run-id", OPTION_TEXT, AT(run_id), "ID", NULL, NULL,
     "carried on every event; else made up", NULL},
    {"stage", OPTION_TEXT, AT(stage), "S", NULL, NULL, "carried on every event",
     NULL},
    {"context", OPTION_TEXT, AT(context), "C", NULL, NULL,
     "carried on every event", NULL},
    {"meta", OPTION_TEXTS, AT(meta), "K=V", NULL, NULL,
     "carried on every event", NULL},
    {"config", OPTION_TEXT, AT(config), "FILE", NULL, NULL,
     "a JSON object of these options; the command line wins", NULL},

    {"upstream-timeout", OPTION_DURATION, AT(upstream_timeout_ms), "DURATION",
     NULL, "15m", "how long one call upstream may take", "Limits"},
    {"grace", OPTION_DURATION, AT(grace_ms), "DURATION", NULL, "30s",
     "how long holds may go on after SIGTERM", NULL},
    {"header-limit", OPTION_SIZE, AT(header_limit), "BYTES", NULL, "16k",
     "request line and headers of one request", NULL},
    {"body-limit", OPTION_SIZE, AT(body_limit), "BYTES", NULL, "64m",
     "a body that must be read whole; others stream", NULL},
    {"chunk-limit", OPTION_SIZE, AT(chunk_limit), "BYTES", NULL, "16m",
     "one signed chunk of a streamed body", NULL},
    {"json-depth", OPTION_COUNT_OF, AT(json_depth), "N", NULL, "128",
     "levels of the JSON of a call or an answer that is read; 1024 at most",
     NULL},
    {"json-nodes", OPTION_COUNT_OF, AT(json_nodes), "N", NULL, "1000000",
     "values in it", NULL},
    {"connection-limit", OPTION_COUNT_OF, AT(connection_limit), "N", NULL,
     "18000", "connections of clients at one time; more wait to be accepted",
     NULL},
    {"held-limit", OPTION_COUNT_OF, AT(held_limit), "N", NULL, "20000",
     "calls held at one time", NULL},
    {"memory-limit", OPTION_SIZE, AT(memory_limit), "BYTES", NULL, "1g",
     "memory in all; above it new calls get an error that SDKs retry; 0: any",
     NULL},
    {"head-timeout", OPTION_DURATION, AT(head_timeout_ms), "DURATION", NULL,
     "2m", "from accepting a connection, or its last answer, to a whole head",
     NULL},
    {"body-timeout", OPTION_DURATION, AT(body_timeout_ms), "DURATION", NULL,
     "5m", "how long a body that must be read whole may take to arrive", NULL},
    {"loops", OPTION_COUNT_OF, AT(loops), "N", NULL, "1",
     "processes that serve the one port, each with these limits", NULL},
    {"background", OPTION_FLAG, AT(background), NULL, NULL, NULL,
     "go on in the background once connections are accepted", "As a service"},
    {"dashboard", OPTION_FLAG, AT(dashboard), NULL, NULL, NULL,
     "show the report live in a browser, at an address printed at start", NULL},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]), SERVE_ONLY = 2 };

const struct options app_exec_options = {rows, ROWS - SERVE_ONLY, "SETTLED_"};
const struct options app_serve_options = {rows, ROWS, "SETTLED_"};

#undef AT
#define AT(member) offsetof(struct app_convert_options, member)

static const struct option convert_rows[] = {
    {"redact", OPTION_FLAG, AT(redact), NULL, NULL, "true",
     "keep secrets out of the recording (--no-redact: write them down)",
     "What is written"},
    {"edited", OPTION_FLAG, AT(edited), NULL, NULL, NULL,
     "IN was edited by hand: do not look at its checksums", NULL},
};
const struct options app_convert_options_rows = {
    convert_rows, sizeof(convert_rows) / sizeof(convert_rows[0]), "SETTLED_"};

#undef AT
#define AT(member) offsetof(struct app_lag_options, member)

static const struct option lag_rows[] = {
    {"upstream", OPTION_TEXT, AT(upstream), "URL", NULL, NULL,
     "the emulator; loopback only", "Where"},
    {"listen", OPTION_TEXT, AT(listen), "HOST:PORT", NULL, "127.0.0.1:0",
     "where to listen; port 0 picks a free one", NULL},
    {"lag", OPTION_TEXT, AT(lag), "KIND", NULL, "fixed:300ms",
     "how long a change stays invisible: fixed:300ms, uniform:50ms,2s,\n"
     "lognormal:300ms,1.0 (median, sigma), exponential:2s (mean) or\n"
     "bimodal:100ms,5s,0.1 (usual, rare, chance of the rare one)",
     "What"},
    {"tag-lag", OPTION_TEXT, AT(tag_lag), "KIND", NULL, NULL,
     "the same for reads of tags; else drawn separately by --lag", NULL},
    {"listed-lag", OPTION_TEXT, AT(listed_lag), "KIND", NULL, NULL,
     "the same for lists; else the lag and as much again, drawn anew", NULL},
    {"schedule", OPTION_TEXT, AT(schedule), "FILE", NULL, NULL,
     "a JSON list of calls that lag otherwise", NULL},
    {"flap", OPTION_TEXT, AT(flap), "P", NULL, "0",
     "a read while the change is invisible sees it with probability P", NULL},
    {"seed", OPTION_COUNT_OF, AT(seed), "N", NULL, "1",
     "the same seed gives the same run", NULL},
    {"rules", OPTION_TEXTS, AT(rules), "DIR", NULL, NULL,
     "rules besides, or in place of, the built-in ones", NULL},
    {"log", OPTION_TEXT, AT(log), "FILE", NULL, NULL,
     "append what happens as JSON lines; - is stderr", NULL},
};
const struct options app_lag_options_rows = {
    lag_rows, sizeof(lag_rows) / sizeof(lag_rows[0]), "SETTLED_LAG_"};

/* ---- reading them ---- */

/* --config among what has been read; STR_NONE: this command knows none. */
static struct str config_path(const struct options *options, const void *into)
{
    for (size_t i = 0; i < options->count; i++) {
        if (strcmp(options->rows[i].name, "config") == 0) {
            return *(const struct str *)(const void *)((const char *)into +
                                                       options->rows[i].offset);
        }
    }
    return STR_NONE;
}

static bool set_from_json(struct arena *arena, const struct options *options,
                          void *into, struct str name, const struct json *value,
                          struct str *reterr)
{
    if (value->type == JSON_ARRAY) {
        for (size_t i = 0; i < value->count; i++) {
            if (!set_from_json(arena, options, into, name,
                               value->members[i].value, reterr)) {
                return false;
            }
        }
        return true;
    }
    struct str text = value->text;
    if (value->type == JSON_TRUE || value->type == JSON_FALSE) {
        text = value->type == JSON_TRUE ? STR("true") : STR("false");
    } else if (value->type != JSON_STRING && value->type != JSON_NUMBER) {
        *reterr = arena_printf(arena, "%.*s must be a text, number or flag",
                               STR_ARG(name));
        return false;
    }
    return options_set(arena, options, into, name, text, reterr);
}

static bool read_config(struct arena *arena, const struct options *options,
                        void *into, struct str path)
{
    enum { CONFIG_MAX = 1024 * 1024 };
    struct str why = STR_NONE;
    struct source *source = ARENA_NEW(arena, struct source);
    struct diag diag;
    const struct json *config = NULL;
    source->name = path;
    diag_init(&diag, arena);
    if (!file_read(arena, path, CONFIG_MAX, &source->text, &why)) {
        print_sentence(why);
        return false;
    }
    if (!json_parse(arena, source, &json_default_limits, &config, &diag)) {
        print_diag(&diag);
        return false;
    }
    if (config->type != JSON_OBJECT) {
        diag_add(&diag, source, config->span, "the settings must be an object");
    }
    for (size_t i = 0; config->type == JSON_OBJECT && i < config->count; i++) {
        const struct json_member *m = &config->members[i];
        if (!set_from_json(arena, options, into, m->key, m->value, &why)) {
            diag_add(&diag, source, m->key_span, "%.*s", STR_ARG(why));
        }
    }
    print_diag(&diag);
    return diag.count == 0;
}

extern char **environ;

bool app_read_options(struct arena *arena, const struct options *options,
                      void *into, const char *synopsis, int argc,
                      char *const *argv, int *at, int *ret_status)
{
    struct str why = STR_NONE;
    bool help = false;
    *ret_status = 2;
    if (!options_init(arena, options, into, environ, &why)) {
        print_sentence(why);
        return false;
    }
    /* The command line says which file, and wins over it: it is read twice. */
    int end = *at;
    bool good =
        options_parse(arena, options, into, argc, argv, &end, &help, &why);
    struct str path = config_path(options, into);
    if (good && !help && path.len > 0) {
        good = options_init(arena, options, into, environ, &why);
        if (!good || !read_config(arena, options, into, path)) {
            return false;
        }
        end = *at;
        good =
            options_parse(arena, options, into, argc, argv, &end, &help, &why);
    }
    if (!good) {
        print_sentence(why);
        return false;
    }
    *at = end;
    if (help) {
        struct buf text = {0};
        buf_printf(&text, "%s\n", synopsis);
        options_help(options, &text);
        print_text(buf_str(&text));
        buf_free(&text);
        *ret_status = 0;
        return false;
    }
    return true;
}
