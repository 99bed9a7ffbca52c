/* SPDX-License-Identifier: Apache-2.0 */
/* The least IAM policy that the read-backs need: the names of actions differ
 * from those of services and operations here and there. Start at
 * rules_policy(). */
#include "rules/private.h"

#include <stdlib.h>

/* Where the prefix of IAM actions is not botocore's name of the service. */
static const struct {
    struct str service;
    struct str prefix;
} prefix_rows[] = {
    {{"elbv2", 5}, {"elasticloadbalancing", 20}},
    {{"resourcegroupstaggingapi", 24}, {"tag", 3}},
    {{"s3control", 9}, {"s3", 2}},
    {{"sesv2", 5}, {"ses", 3}},
    {{"stepfunctions", 13}, {"states", 6}},
};

/* Where the action is not named like the operation. */
static const struct {
    struct str operation;
    struct str action;
} action_rows[] = {
    {{"s3:HeadObject", 13}, {"s3:GetObject", 12}},
    {{"s3:HeadBucket", 13}, {"s3:ListBucket", 13}},
    {{"s3:ListObjects", 14}, {"s3:ListBucket", 13}},
    {{"s3:ListObjectsV2", 16}, {"s3:ListBucket", 13}},
    {{"s3:ListBuckets", 14}, {"s3:ListAllMyBuckets", 19}},
    {{"s3:GetBucketLifecycleConfiguration", 34},
     {"s3:GetLifecycleConfiguration", 28}},
    {{"s3:GetBucketEncryption", 22}, {"s3:GetEncryptionConfiguration", 29}},
    {{"s3:GetBucketReplication", 23}, {"s3:GetReplicationConfiguration", 30}},
    {{"s3:GetPublicAccessBlock", 23}, {"s3:GetBucketPublicAccessBlock", 29}},
};

static struct str prefix_of(struct str service)
{
    for (size_t i = 0; i < sizeof(prefix_rows) / sizeof(prefix_rows[0]); i++) {
        if (str_eq(prefix_rows[i].service, service)) {
            return prefix_rows[i].prefix;
        }
    }
    return service;
}

static struct str action_of(struct arena *arena, const struct rules_read *read)
{
    struct str action =
        arena_printf(arena, "%.*s:%.*s", STR_ARG(prefix_of(read->service)),
                     STR_ARG(read->operation));
    for (size_t i = 0; i < sizeof(action_rows) / sizeof(action_rows[0]); i++) {
        if (str_eq(action_rows[i].operation, action)) {
            return action_rows[i].action;
        }
    }
    return action;
}

/* A read that makes the service decrypt with the caller's permission. */
static bool decrypts(const struct rules_read *read)
{
    if (str_eq(read->service, STR("secretsmanager")) &&
        str_ends(read->operation, STR("GetSecretValue"))) {
        return true;
    }
    for (size_t i = 0; i < read->input_count; i++) {
        if (str_eq(read->inputs[i].member, STR("WithDecryption"))) {
            return !str_eq(read->inputs[i].value.text, STR("`false`"));
        }
    }
    return false;
}

/* ---- gathering ---- */

struct actions {
    struct arena *arena;
    struct str *at;
    size_t count;
};

static void add_read(struct actions *actions, const struct rules_read *read)
{
    actions->at[actions->count++] = action_of(actions->arena, read);
    if (decrypts(read)) {
        actions->at[actions->count++] = STR("kms:Decrypt");
    }
}

static void add_rule(struct actions *actions, const struct rule *rule,
                     enum rules_level level)
{
    if (rule->has_before) {
        add_read(actions, &rule->before);
    }
    for (size_t i = 0; i < rule->confirmation_count; i++) {
        if (rule->confirmations[i].level <= level) {
            add_read(actions, &rule->confirmations[i].read);
        }
    }
    for (size_t i = 0; i < rule->resend_count; i++) {
        if (rule->resends[i].has_read) {
            add_read(actions, &rule->resends[i].read);
        }
    }
}

static size_t reads_in(const struct rule *rule)
{
    return 1 + rule->confirmation_count + rule->resend_count;
}

/* ---- writing ---- */

static const struct json *list_of(struct actions *actions)
{
    struct json *list = json_new(actions->arena, JSON_ARRAY);
    qsort(actions->at, actions->count, sizeof(*actions->at), str_compare_at);
    for (size_t i = 0; i < actions->count; i++) {
        if (i == 0 || !str_eq(actions->at[i], actions->at[i - 1])) {
            json_push(actions->arena, list,
                      json_new_string(actions->arena, actions->at[i]));
        }
    }
    return list;
}

void rules_policy(const struct rule *const *rules, size_t count,
                  enum rules_level level, struct buf *out)
{
    struct arena *arena = arena_new();
    size_t most = 1;
    for (size_t i = 0; i < count; i++) {
        most += 2 * reads_in(rules[i]);
    }
    struct actions actions = {arena, ARENA_ARRAY(arena, struct str, most), 0};
    for (size_t i = 0; i < count; i++) {
        add_rule(&actions, rules[i], level);
    }
    struct json *statements = json_new(arena, JSON_ARRAY);
    if (actions.count > 0) {
        struct json *statement = json_new(arena, JSON_OBJECT);
        json_set(arena, statement, STR("Sid"),
                 json_new_text(arena, "SettledReadBacks"));
        json_set(arena, statement, STR("Effect"),
                 json_new_text(arena, "Allow"));
        json_set(arena, statement, STR("Action"), list_of(&actions));
        json_set(arena, statement, STR("Resource"), json_new_text(arena, "*"));
        json_push(arena, statements, statement);
    }
    struct json *policy = json_new(arena, JSON_OBJECT);
    json_set(arena, policy, STR("Version"), json_new_text(arena, "2012-10-17"));
    json_set(arena, policy, STR("Statement"), statements);
    json_write_pretty(policy, out);
    buf_add_char(out, '\n');
    arena_free(arena);
}
