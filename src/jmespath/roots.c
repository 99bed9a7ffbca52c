/* SPDX-License-Identifier: Apache-2.0 */
/* Which first-level names of the document an expression reads. Here because it
 * must know exactly how evaluation changes the current value. Start at
 * jmespath_find_roots(). */
#include "jmespath/private.h"

struct search {
    struct arena *arena;
    struct root *roots;
    size_t count;
    size_t capacity;
    bool *variable_is_document;
};

static void add_root(struct search *search, const struct node *field)
{
    if (search->count == search->capacity) {
        size_t capacity = search->capacity == 0 ? 4 : search->capacity * 2;
        struct root *more = ARENA_ARRAY(search->arena, struct root, capacity);
        if (search->count > 0) {
            memcpy(more, search->roots, search->count * sizeof(*more));
        }
        search->roots = more;
        search->capacity = capacity;
    }
    search->roots[search->count++] = (struct root){field->name, field->span};
}

static bool visit(struct search *search, const struct node *node, bool here);

static void visit_items(struct search *search, const struct node *node,
                        bool here)
{
    for (size_t i = 0; i < node->count; i++) {
        bool document = visit(search, node->items[i].value, here);
        if (node->type == NODE_LET) {
            search->variable_is_document[node->items[i].slot] = document;
        }
    }
}

/* `here`: the current value is the document. True when the value of the node
 * is the document too. */
static bool visit(struct search *search, const struct node *node, bool here)
{
    switch (node->type) {
    case NODE_CURRENT:
        return here;
    case NODE_ROOT:
        return true;
    case NODE_VARIABLE:
        return search->variable_is_document[node->slot];
    case NODE_FIELD:
        if (here) {
            add_root(search, node);
        }
        return false;
    case NODE_LITERAL:
        return false;
    case NODE_THEN:
        return visit(search, node->right, visit(search, node->left, here));
    case NODE_OR:
    case NODE_AND: {
        bool left = visit(search, node->left, here);
        bool right = visit(search, node->right, here);
        return left || right;
    }
    case NODE_COMPARE:
        (void)visit(search, node->left, here);
        (void)visit(search, node->right, here);
        return false;
    case NODE_NOT:
    case NODE_INDEX:
    case NODE_FLATTEN:
        (void)visit(search, node->left, here);
        return false;
    case NODE_FILTER:
        (void)visit(search, node->left, here);
        (void)visit(search, node->condition, false);
        (void)visit(search, node->right, false);
        return false;
    case NODE_SLICE:
    case NODE_LIST:
    case NODE_VALUES:
        (void)visit(search, node->left, here);
        (void)visit(search, node->right, false);
        return false;
    case NODE_EXPREF:
        return visit(search, node->left, false);
    case NODE_MULTI_LIST:
    case NODE_MULTI_HASH:
    case NODE_CALL:
        visit_items(search, node, here);
        return false;
    case NODE_LET:
        visit_items(search, node, here);
        return visit(search, node->right, here);
    case NODE_COUNT:
        break;
    }
    return false;
}

void jmespath_find_roots(struct arena *arena, struct jmespath *expression)
{
    struct search search = {.arena = arena};
    search.variable_is_document =
        ARENA_ARRAY(arena, bool, expression->slot_count);
    (void)visit(&search, expression->tree, true);
    expression->roots = search.roots;
    expression->root_count = search.count;
}

void jmespath_roots(const struct jmespath *expression,
                    void (*fn)(void *ctx, struct str name, struct span span),
                    void *ctx)
{
    for (size_t i = 0; i < expression->root_count; i++) {
        fn(ctx, expression->roots[i].name, expression->roots[i].span);
    }
}
