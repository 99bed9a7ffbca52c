/* SPDX-License-Identifier: Apache-2.0 */
/* The names of outcomes, for events and log lines. Here because the port has
 * no other code. Start at the table. */
#include "http/client.h"

#include <assert.h>

static const char *const outcome_names[HTTP_OUTCOME_COUNT] = {
    [HTTP_PENDING] = "pending",       [HTTP_ANSWERED] = "answered",
    [HTTP_REFUSED] = "refused",       [HTTP_LOST] = "lost",
    [HTTP_TIMED_OUT] = "timed-out",   [HTTP_UPLOAD_BROKEN] = "upload-broken",
    [HTTP_UNSIGNABLE] = "unsignable", [HTTP_UNRECORDED] = "unrecorded",
};

const char *http_outcome_name(enum http_outcome outcome)
{
    assert((size_t)outcome < HTTP_OUTCOME_COUNT);
    return outcome_names[outcome];
}
