/* SPDX-License-Identifier: Apache-2.0 */
/* What a read-back shows, by the rule's conditions. Pure. Start at
 * engine_judge(). */
#include "engine/private.h"

const char *engine_verdict_name(enum verdict verdict)
{
    static const char *const names[] = {
        [VERDICT_HOLDS] = "holds",
        [VERDICT_NOT_YET] = "not-yet",
        [VERDICT_NEVER] = "never",
        [VERDICT_TRY_AGAIN] = "try-again",
        [VERDICT_UNVERIFIABLE] = "unverifiable",
        [VERDICT_ASSUMED] = "assumed",
    };
    return names[verdict];
}

bool engine_judge_expression(struct arena *arena,
                             const struct rules_expression *expression,
                             const struct json *document, struct str *ret_why)
{
    return jmespath_is_true(rules_value(arena, expression, document, ret_why));
}

static bool names_error(const struct rules_condition *condition,
                        struct str code)
{
    for (size_t i = 0; i < condition->error_count; i++) {
        if (str_eq(condition->errors[i], code)) {
            return true;
        }
    }
    return false;
}

/*
 * A condition of errors asks for one of them; with an expression besides, both
 * must be so. A condition of an expression alone asks for an answer.
 */
static bool meets(struct arena *arena, const struct rules_condition *condition,
                  const struct probe_result *result,
                  const struct json *document, struct str *ret_why)
{
    bool refused = result->kind != PROBE_ANSWERED;
    if (condition->error_count > 0) {
        return refused && names_error(condition, result->code) &&
               (condition->expression.compiled == NULL ||
                engine_judge_expression(arena, &condition->expression, document,
                                        ret_why));
    }
    return !refused && condition->expression.compiled != NULL &&
           engine_judge_expression(arena, &condition->expression, document,
                                   ret_why);
}

enum verdict engine_judge(struct arena *arena,
                          const struct rules_confirmation *confirmation,
                          const struct probe_result *result,
                          const struct json *document, struct str *ret_why)
{
    if (result->kind == PROBE_THROTTLED || result->kind == PROBE_LOST) {
        return VERDICT_TRY_AGAIN;
    }
    if (result->kind == PROBE_UNRECORDED) {
        return VERDICT_ASSUMED;
    }
    if (meets(arena, &confirmation->failure, result, document, ret_why)) {
        return VERDICT_NEVER;
    }
    if (meets(arena, &confirmation->success, result, document, ret_why) ||
        meets(arena, &confirmation->superseded, result, document, ret_why)) {
        return VERDICT_HOLDS;
    }
    bool stale =
        confirmation->stale.compiled == NULL ||
        engine_judge_expression(arena, &confirmation->stale, document, ret_why);
    if ((result->kind == PROBE_ANSWERED && stale) ||
        meets(arena, &confirmation->retry, result, document, ret_why)) {
        return VERDICT_NOT_YET;
    }
    return VERDICT_UNVERIFIABLE;
}

bool engine_judge_shows_success(struct arena *arena,
                                const struct rules_confirmation *confirmation,
                                const struct probe_result *result,
                                const struct json *document)
{
    struct str why = STR_NONE;
    return meets(arena, &confirmation->success, result, document, &why);
}
