/* SPDX-License-Identifier: Apache-2.0 */
/* `settled convert`: recordings of other tools, and for them. Start at
 * app_convert(). */
#include "app/private.h"

#include "convert/convert.h"

#include <stdlib.h>

static void tell(struct str in, struct str out,
                 const struct convert_counts *counts)
{
    print_note("%zu interaction%s of %.*s written to %.*s%s", counts->taken,
               counts->taken == 1 ? "" : "s", STR_ARG(in), STR_ARG(out),
               counts->left_out > 0 ? "; some were left out, see above" : "");
}

int app_convert(const struct app_convert_options *o, struct str in,
                struct str out)
{
    struct arena *arena = arena_new();
    struct aws_registry *registry = aws_registry_new();
    const struct convert_options options = {
        .registry = registry,
        .redact = o->redact,
        .key_text = str_of(getenv(RECORDING_KEY_VARIABLE)),
        .edited = o->edited,
    };
    struct convert_counts counts = {0};
    struct diag errors;
    struct diag warnings;
    diag_init(&errors, arena);
    diag_init(&warnings, arena);
    warnings.word = "warning";
    bool good =
        convert_file(in, out, &options, arena, &counts, &errors, &warnings);
    print_diag(&warnings);
    print_diag(&errors);
    if (good) {
        if (!o->redact) {
            print_note("--no-redact: %.*s holds secrets; do not share it",
                       STR_ARG(out));
        }
        tell(in, out, &counts);
    }
    aws_registry_free(registry);
    arena_free(arena);
    return good ? 0 : 1;
}
