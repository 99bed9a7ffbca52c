/* SPDX-License-Identifier: Apache-2.0 */
/* Walks the tree of a compiled expression: one function for each kind of node,
 * one step charged for each visit. Recursion is as deep as the tree, whose
 * height is bounded. Start at jmespath_evaluate(). */
#include "jmespath/private.h"

const struct json *jmespath_run_fail(struct run *run, enum jmespath_error error,
                                     const char *format, ...)
{
    if (run->error == JMESPATH_OK) {
        va_list args;
        va_start(args, format);
        run->message = arena_vprintf(run->arena, format, args);
        va_end(args);
        run->error = error;
    }
    return NULL;
}

bool jmespath_run_charge(struct run *run, size_t steps)
{
    if (run->error != JMESPATH_OK) {
        return false;
    }
    if (steps > MOST_STEPS - run->steps) {
        (void)jmespath_run_fail(run, JMESPATH_LIMIT,
                                "the expression needs more than %d steps",
                                (int)MOST_STEPS);
        return false;
    }
    run->steps += steps;
    if (arena_size(run->arena) - run->memory_before > MOST_MEMORY) {
        (void)jmespath_run_fail(
            run, JMESPATH_LIMIT,
            "the expression needs more than %d MiB of memory",
            (int)(MOST_MEMORY / (1024 * 1024)));
        return false;
    }
    return true;
}

static const struct json *eval_current(struct run *run, const struct node *node,
                                       const struct json *current)
{
    (void)run;
    (void)node;
    return current;
}

static const struct json *eval_root(struct run *run, const struct node *node,
                                    const struct json *current)
{
    (void)node;
    (void)current;
    return run->document;
}

static const struct json *eval_variable(struct run *run,
                                        const struct node *node,
                                        const struct json *current)
{
    (void)current;
    return run->slots[node->slot];
}

static const struct json *eval_literal(struct run *run, const struct node *node,
                                       const struct json *current)
{
    (void)run;
    (void)current;
    return node->literal;
}

static const struct json *eval_field(struct run *run, const struct node *node,
                                     const struct json *current)
{
    if (current->type != JSON_OBJECT) {
        return &jmespath_value_null;
    }
    if (!jmespath_run_charge(run, current->count / 16)) {
        return NULL;
    }
    const struct json *value = json_get(current, node->name);
    return value != NULL ? value : &jmespath_value_null;
}

static const struct json *eval_then(struct run *run, const struct node *node,
                                    const struct json *current)
{
    const struct json *left = jmespath_run_node(run, node->left, current);
    return left == NULL ? NULL : jmespath_run_node(run, node->right, left);
}

static const struct json *eval_index(struct run *run, const struct node *node,
                                     const struct json *current)
{
    const struct json *list = jmespath_run_node(run, node->left, current);
    if (list == NULL) {
        return NULL;
    }
    if (list->type != JSON_ARRAY) {
        return &jmespath_value_null;
    }
    int64_t index = node->index;
    if (index < 0) {
        index += (int64_t)list->count;
    }
    return index >= 0 && index < (int64_t)list->count
               ? list->members[index].value
               : &jmespath_value_null;
}

/* --- projections: null falls out of every one --- */

static bool project_one(struct run *run, const struct node *node,
                        const struct json *element, struct json *out)
{
    const struct json *value = jmespath_run_node(run, node->right, element);
    if (value == NULL) {
        return false;
    }
    if (value->type != JSON_NULL) {
        jmespath_value_add(out, value);
    }
    return true;
}

static const struct json *project(struct run *run, const struct node *node,
                                  const struct json *list)
{
    struct json *out = jmespath_value_list(run, list->count);
    for (size_t i = 0; i < list->count; i++) {
        if (!project_one(run, node, list->members[i].value, out)) {
            return NULL;
        }
    }
    return out;
}

static const struct json *eval_list(struct run *run, const struct node *node,
                                    const struct json *current)
{
    const struct json *list = jmespath_run_node(run, node->left, current);
    if (list == NULL) {
        return NULL;
    }
    return list->type == JSON_ARRAY ? project(run, node, list)
                                    : &jmespath_value_null;
}

/* A slice of a string is a string, and no projection. */
static const struct json *eval_slice(struct run *run, const struct node *node,
                                     const struct json *current)
{
    const struct json *left = jmespath_run_node(run, node->left, current);
    if (left == NULL || !jmespath_run_charge(run, left->count / 16)) {
        return NULL;
    }
    if (left->type == JSON_STRING) {
        const struct json *part = jmespath_slice_string(run, left, node->slice);
        return part == NULL ? NULL : jmespath_run_node(run, node->right, part);
    }
    if (left->type != JSON_ARRAY) {
        return &jmespath_value_null;
    }
    return project(run, node, jmespath_slice_list(run, left, node->slice));
}

static const struct json *eval_values(struct run *run, const struct node *node,
                                      const struct json *current)
{
    const struct json *object = jmespath_run_node(run, node->left, current);
    if (object == NULL || !jmespath_run_charge(run, object->count)) {
        return NULL;
    }
    if (object->type != JSON_OBJECT) {
        return &jmespath_value_null;
    }
    size_t count = 0;
    const struct json_member **members =
        jmespath_value_members(run, object, &count);
    struct json *out = jmespath_value_list(run, count);
    for (size_t i = 0; i < count; i++) {
        if (!project_one(run, node, members[i]->value, out)) {
            return NULL;
        }
    }
    return out;
}

static const struct json *eval_filter(struct run *run, const struct node *node,
                                      const struct json *current)
{
    const struct json *list = jmespath_run_node(run, node->left, current);
    if (list == NULL) {
        return NULL;
    }
    if (list->type != JSON_ARRAY) {
        return &jmespath_value_null;
    }
    struct json *out = jmespath_value_list(run, list->count);
    for (size_t i = 0; i < list->count; i++) {
        const struct json *element = list->members[i].value;
        const struct json *met =
            jmespath_run_node(run, node->condition, element);
        if (met == NULL) {
            return NULL;
        }
        if (jmespath_is_true(met) && !project_one(run, node, element, out)) {
            return NULL;
        }
    }
    return out;
}

static size_t flat_count(const struct json *list)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct json *element = list->members[i].value;
        count += element->type == JSON_ARRAY ? element->count : 1;
    }
    return count;
}

static const struct json *eval_flatten(struct run *run, const struct node *node,
                                       const struct json *current)
{
    const struct json *list = jmespath_run_node(run, node->left, current);
    if (list == NULL) {
        return NULL;
    }
    if (list->type != JSON_ARRAY) {
        return &jmespath_value_null;
    }
    size_t count = flat_count(list);
    if (!jmespath_run_charge(run, count)) {
        return NULL;
    }
    struct json *out = jmespath_value_list(run, count);
    for (size_t i = 0; i < list->count; i++) {
        const struct json *element = list->members[i].value;
        if (element->type != JSON_ARRAY) {
            jmespath_value_add(out, element);
            continue;
        }
        for (size_t j = 0; j < element->count; j++) {
            jmespath_value_add(out, element->members[j].value);
        }
    }
    return out;
}

/* --- multi-selects: of null they are null --- */

static const struct json *eval_multi(struct run *run, const struct node *node,
                                     const struct json *current)
{
    if (current->type == JSON_NULL) {
        return &jmespath_value_null;
    }
    struct json *out = jmespath_value_list(run, node->count);
    for (size_t i = 0; i < node->count; i++) {
        const struct item *item = &node->items[i];
        const struct json *value = jmespath_run_node(run, item->value, current);
        if (value == NULL) {
            return NULL;
        }
        out->members[i].key = item->key;
        jmespath_value_add(out, value);
    }
    if (node->type == NODE_MULTI_HASH) {
        out->type = JSON_OBJECT;
    }
    return out;
}

/* --- logic --- */

static const struct json *eval_logic(struct run *run, const struct node *node,
                                     const struct json *current)
{
    const struct json *left = jmespath_run_node(run, node->left, current);
    if (left == NULL) {
        return NULL;
    }
    bool left_decides = jmespath_is_true(left) == (node->type == NODE_OR);
    return left_decides ? left : jmespath_run_node(run, node->right, current);
}

static const struct json *eval_not(struct run *run, const struct node *node,
                                   const struct json *current)
{
    const struct json *value = jmespath_run_node(run, node->left, current);
    return value == NULL ? NULL : jmespath_value_bool(!jmespath_is_true(value));
}

static bool holds(enum token_type comparator, int order)
{
    switch (comparator) {
    case TOKEN_LT:
        return order < 0;
    case TOKEN_LE:
        return order <= 0;
    case TOKEN_GT:
        return order > 0;
    default:
        return order >= 0;
    }
}

/* Only numbers have an order; of anything else the answer is null. */
static const struct json *eval_compare(struct run *run, const struct node *node,
                                       const struct json *current)
{
    const struct json *left = jmespath_run_node(run, node->left, current);
    const struct json *right =
        left == NULL ? NULL : jmespath_run_node(run, node->right, current);
    if (right == NULL) {
        return NULL;
    }
    if (node->comparator == TOKEN_EQ || node->comparator == TOKEN_NE) {
        bool equal = jmespath_value_equal(run, left, right);
        return run->error != JMESPATH_OK
                   ? NULL
                   : jmespath_value_bool(equal ==
                                         (node->comparator == TOKEN_EQ));
    }
    if (left->type != JSON_NUMBER || right->type != JSON_NUMBER) {
        return &jmespath_value_null;
    }
    return jmespath_value_bool(
        holds(node->comparator, jmespath_value_compare_numbers(left, right)));
}

/* A slot is written anew on each visit; the body is evaluated before anything
 * else could write it. */
static const struct json *eval_let(struct run *run, const struct node *node,
                                   const struct json *current)
{
    for (size_t i = 0; i < node->count; i++) {
        const struct item *binding = &node->items[i];
        const struct json *value =
            jmespath_run_node(run, binding->value, current);
        if (value == NULL) {
            return NULL;
        }
        run->slots[binding->slot] = value;
    }
    return jmespath_run_node(run, node->right, current);
}

/* NODE_EXPREF has none: only the function it is given to evaluates it. */
static const struct json *(*const evaluators[NODE_COUNT])(
    struct run *run, const struct node *node, const struct json *current) = {
    [NODE_CURRENT] = eval_current,   [NODE_ROOT] = eval_root,
    [NODE_VARIABLE] = eval_variable, [NODE_FIELD] = eval_field,
    [NODE_LITERAL] = eval_literal,   [NODE_THEN] = eval_then,
    [NODE_INDEX] = eval_index,       [NODE_SLICE] = eval_slice,
    [NODE_LIST] = eval_list,         [NODE_VALUES] = eval_values,
    [NODE_FILTER] = eval_filter,     [NODE_FLATTEN] = eval_flatten,
    [NODE_MULTI_LIST] = eval_multi,  [NODE_MULTI_HASH] = eval_multi,
    [NODE_OR] = eval_logic,          [NODE_AND] = eval_logic,
    [NODE_NOT] = eval_not,           [NODE_COMPARE] = eval_compare,
    [NODE_CALL] = jmespath_run_call, [NODE_LET] = eval_let,
};

const struct json *jmespath_run_node(struct run *run, const struct node *node,
                                     const struct json *current)
{
    if (!jmespath_run_charge(run, 1)) {
        return NULL;
    }
    return evaluators[node->type](run, node, current);
}

const struct json *jmespath_evaluate(struct arena *arena,
                                     const struct jmespath *expression,
                                     const struct json *document,
                                     enum jmespath_error *ret_error,
                                     struct str *reterr)
{
    struct run run = {
        .arena = arena,
        .expression = expression,
        .document = document,
        .memory_before = arena_size(arena),
    };
    run.slots = ARENA_ARRAY(arena, const struct json *, expression->slot_count);
    const struct json *result =
        jmespath_run_node(&run, expression->tree, document);
    if (result != NULL && !jmespath_value_weigh(&run, result)) {
        result = NULL;
    }
    *ret_error = run.error;
    *reterr = run.message;
    return result;
}
