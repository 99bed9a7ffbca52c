/* SPDX-License-Identifier: Apache-2.0 */
/* Anchors by name. Here because a sorted table stays quick whatever names a
 * document chooses. Start at yaml_anchors_set(). */
#include "yaml/private.h"

#include "base/mem.h"

/* Where the name is, or where it would have to go. */
static size_t find_place(const struct yaml_anchors *anchors, struct str name)
{
    size_t low = 0;
    size_t high = anchors->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_compare(anchors->by_name[middle]->name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool stands_at(const struct yaml_anchors *anchors, size_t place,
                      struct str name)
{
    return place < anchors->count &&
           str_eq(anchors->by_name[place]->name, name);
}

struct yaml_anchor *yaml_anchors_find(const struct yaml_anchors *anchors,
                                      struct str name)
{
    size_t place = find_place(anchors, name);
    return stands_at(anchors, place, name) ? anchors->by_name[place] : NULL;
}

static void make_room(struct yaml_anchors *anchors, size_t place)
{
    const size_t one = sizeof(anchors->by_name[0]);
    if (anchors->count == anchors->capacity) {
        anchors->capacity = anchors->capacity == 0 ? 16 : anchors->capacity * 2;
        anchors->by_name =
            mem_resize(anchors->by_name, anchors->capacity * one);
    }
    memmove(anchors->by_name + place + 1, anchors->by_name + place,
            (anchors->count - place) * one);
    anchors->count++;
}

bool yaml_anchors_set(struct yaml_anchors *anchors, struct yaml_anchor *anchor)
{
    size_t place = find_place(anchors, anchor->name);
    if (!stands_at(anchors, place, anchor->name)) {
        if (anchors->count == YAML_ANCHORS_MAX) {
            return false;
        }
        make_room(anchors, place);
    }
    anchors->by_name[place] = anchor;
    return true;
}

void yaml_anchors_free(struct yaml_anchors *anchors)
{
    mem_free(anchors->by_name);
    *anchors = (struct yaml_anchors){0};
}
