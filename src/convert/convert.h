/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recordings of other tools, and for them.
 *
 * Purpose:   vcrpy cassettes (YAML and JSON) and HAR 1.2 become recordings;
 *            a recording becomes HAR 1.2, for a browser's network panel.
 * Ownership: everything lives in the caller's arena.
 * Errors:    damaged input is a diag with file:line:col; what is no call of AWS
 *            is left out and counted.
 * Sources:   HAR 1.2 (the W3C Web Performance group's draft); cassettes as
 *            vcrpy 1 to 8 writes them.
 * Never:     writes a byte that the redactor has not passed, unless told to;
 *            writes over a file.
 */
#ifndef CONVERT_CONVERT_H
#define CONVERT_CONVERT_H

#include "recording/recording.h"

struct convert_options {
    struct aws_registry *registry;
    bool redact;         /* false: --no-redact */
    struct str key_text; /* RECORDING_KEY_VARIABLE's value, or STR_NONE */
    bool edited;         /* IN is a recording that was edited by hand */
};

struct convert_counts {
    size_t taken;
    size_t left_out; /* no calls of AWS */
    size_t sessions;
};

/*
 * By the content of IN and by the name of OUT (".har", else a recording). OUT
 * must not exist. False with all that is wrong in `errors`; then there is no
 * OUT. `warnings` tells what was left out, and why.
 */
bool convert_file(struct str in, struct str out,
                  const struct convert_options *options, struct arena *arena,
                  struct convert_counts *ret_counts, struct diag *errors,
                  struct diag *warnings);

#endif
