/* SPDX-License-Identifier: Apache-2.0 */
/* First line: service; second: signing name; third: region. Where a client's
 * words lead is always https, a proper name, and one of AWS's own. Start at
 * LLVMFuzzerTestOneInput(). */
#include "aws/aws.h"
#include "support.h"

static void check_host(struct str host)
{
    static const char *const suffixes[] = {
        ".amazonaws.com",
        ".amazonaws.com.cn",
        ".amazonaws.cn",
        ".amazonaws.eu",
        ".amazonaws-us-gov.com",
        ".aws.amazon.com",
        ".api.aws",
        ".api.aws.scloud",
        ".amazonwebservices.eu",
        ".amazonwebservices.com.cn",
        ".sc2s.sgov.gov",
        ".ic.gov",
        ".adc-e.uk",
    };
    bool known = false;
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        known = known || str_ends(host, str_of(suffixes[i]));
    }
    assert(known);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct aws_registry *registry; /* reading it takes long */
    if (registry == NULL) {
        registry = aws_registry_new();
    }
    struct arena *arena = arena_new();
    struct str rest = fuzz_text(data, size);
    struct str service = fuzz_line(&rest);
    struct str signing_name = fuzz_line(&rest);
    struct aws_endpoint endpoint;
    struct str error = STR_NONE;
    struct http_url url;
    if (aws_endpoint_find(registry, arena, service, signing_name, rest,
                          &endpoint, &error)) {
        assert(http_url_parse(arena, endpoint.origin, &url, &error));
        assert(str_eq(url.scheme, STR("https")) && url.path.len == 0);
        assert(url.port == 443);
        check_host(url.host);
        assert(aws_partition(rest).len > 0);
    } else {
        assert(error.len > 0);
    }
    arena_free(arena);
    return 0;
}
