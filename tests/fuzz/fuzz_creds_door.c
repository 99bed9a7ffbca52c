/* SPDX-License-Identifier: Apache-2.0 */
/* Any request at the door: who is let in named this machine and its port, and
 * is no browser. Start at LLVMFuzzerTestOneInput(). */
#include "creds/private.h"
#include "support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct http_request request = fuzz_request(arena, fuzz_text(data, size));
    struct creds_gate_config config = {.port = 4566};
    enum creds_refusal refusal = REFUSE_COUNT;
    struct str error = STR_NONE;
    struct http_url url;
    if (creds_door_check(arena, &config, &request, &refusal, &error)) {
        struct str host = http_headers_get(&request.headers, "Host");
        struct str text = arena_join(arena, STR("http://"), host);
        /* A second reader of the same text. */
        assert(http_url_parse(arena, text, &url, &error));
        assert(url.port == 4566 && http_host_is_loopback(url.host));
        assert(http_headers_get(&request.headers, "Origin").ptr == NULL);
    } else {
        assert(refusal < REFUSE_COUNT && error.len > 0);
    }
    (void)creds_container_host_ok(request.target);
    arena_free(arena);
    return 0;
}
