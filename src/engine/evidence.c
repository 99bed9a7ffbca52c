/* SPDX-License-Identifier: Apache-2.0 */
/* What a read showed, in words for people and without secrets. Here because
 * read-backs, clients' reads and the 424 all tell it. Start at
 * engine_evidence_write(). */
#include "engine/private.h"

enum { EVIDENCE_MAX = 400, EVIDENCE_ALL = 600 };

/* Cut off, but not inside a character. */
static void shorten(struct buf *text, size_t most)
{
    if (text->len > most) {
        text->len = most;
        while (((unsigned char)text->bytes[text->len] & 0xC0U) == 0x80U) {
            text->len--;
        }
        buf_add(text, STR("..."));
    }
}

static void write_answer(const struct engine *engine,
                         const struct rules_read *read,
                         const struct probe_result *result, struct buf *out)
{
    struct arena *scratch = arena_new();
    buf_add(out, STR("answered "));
    json_write(aws_redact(engine->config.registry, scratch, read->service,
                          read->operation, result->output),
               out);
    arena_free(scratch);
}

void engine_evidence_write(const struct engine *engine,
                           const struct rules_read *read,
                           const struct probe_result *result, struct str why,
                           struct buf *out)
{
    buf_printf(out, "%.*s ", STR_ARG(read->operation));
    if (result->kind == PROBE_ANSWERED) {
        write_answer(engine, read, result, out);
    } else {
        struct str code =
            result->code.len > 0 ? result->code : STR("no answer");
        buf_printf(out, "said %.*s", STR_ARG(code));
        if (result->message.len > 0) {
            buf_printf(out, " (%.*s)", STR_ARG(result->message));
        }
    }
    shorten(out, EVIDENCE_MAX);
    if (why.len > 0) {
        buf_printf(out, "; %.*s", STR_ARG(why));
        shorten(out, EVIDENCE_ALL - 3);
    }
}

struct str engine_evidence_wanted(const struct rules_confirmation *rule)
{
    const struct rules_condition *wanted = &rule->success;
    return wanted->error_count > 0 ? wanted->errors[0]
                                   : wanted->expression.text;
}
