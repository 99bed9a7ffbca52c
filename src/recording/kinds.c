/* SPDX-License-Identifier: Apache-2.0 */
/* The words that lines use, and back from words to values. Here because writer
 * and reader must agree on them. Start at recording_kind_name(). */
#include "recording/private.h"

#include <assert.h>

const char *recording_kind_name(enum recording_kind kind)
{
    static const char *const names[RECORDING_KIND_COUNT] = {
        [RECORDING_SESSION] = "session", [RECORDING_CALL] = "call",
        [RECORDING_RESEND] = "resend",   [RECORDING_READ_BACK] = "read-back",
        [RECORDING_JOINED] = "joined",   [RECORDING_OUTCOME] = "outcome",
        [RECORDING_END] = "end",
    };
    assert(kind >= 0 && kind < RECORDING_KIND_COUNT);
    return names[kind];
}

enum recording_kind recording_kind_find(struct str name)
{
    int i = 0;
    while (i < RECORDING_KIND_COUNT &&
           !str_eq(name, str_of(recording_kind_name((enum recording_kind)i)))) {
        i++;
    }
    return (enum recording_kind)i;
}

enum http_outcome recording_http_outcome(struct str name)
{
    int i = 0;
    while (i < HTTP_OUTCOME_COUNT &&
           !str_eq(name, str_of(http_outcome_name((enum http_outcome)i)))) {
        i++;
    }
    return (enum http_outcome)i;
}

enum outcome recording_outcome(struct str name)
{
    int i = 0;
    while (i < OUTCOME_COUNT &&
           !str_eq(name, str_of(event_outcome_name((enum outcome)i)))) {
        i++;
    }
    return (enum outcome)i;
}

enum aws_protocol recording_protocol(struct str name)
{
    int i = 0;
    while (i < AWS_PROTOCOL_COUNT &&
           !str_eq(name, str_of(aws_protocol_name((enum aws_protocol)i)))) {
        i++;
    }
    return (enum aws_protocol)i;
}
