/* SPDX-License-Identifier: Apache-2.0 */
/* Where a service lives: PREFIX.REGION.SUFFIX of the region's partition, unless
 * services.json has a row for the region or the partition. A client's text
 * never reaches a host name unchecked. Start at aws_endpoint_find(). */
#include "aws/private.h"

enum { REGION_MAX = 32 };

struct partition {
    const char *begins; /* of its regions */
    const char *name;
    const char *suffix;
};

/* The first that fits; "us-gov-" before "us-". */
static const struct partition partitions[] = {
    {"cn-", "aws-cn", "amazonaws.com.cn"},
    {"eusc-", "aws-eusc", "amazonaws.eu"},
    {"us-gov-", "aws-us-gov", "amazonaws.com"},
    {"us-iso-", "aws-iso", "c2s.ic.gov"},
    {"us-isob-", "aws-iso-b", "sc2s.sgov.gov"},
    {"eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"},
    {"us-isof-", "aws-iso-f", "csp.hci.ic.gov"},
    {"", "aws", "amazonaws.com"},
};

static const struct partition *find_partition(struct str region)
{
    const struct partition *row = partitions;
    while (!str_starts(region, str_of(row->begins))) {
        row++;
    }
    return row;
}

struct str aws_partition(struct str region)
{
    return str_of(find_partition(region)->name);
}

static bool is_region(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                    (c == '-' && i > 0 && i + 1 < text.len);
        if (!fine) {
            return false;
        }
    }
    return text.len > 0 && text.len <= REGION_MAX;
}

static const struct site *find_site(const struct service *service,
                                    struct str where)
{
    for (size_t i = 0; i < service->site_count; i++) {
        if (str_eq(service->sites[i].where, where)) {
            return &service->sites[i];
        }
    }
    return NULL;
}

static const struct service *find_service(const struct aws_registry *registry,
                                          struct str name,
                                          struct str signing_name)
{
    if (name.len > 0) {
        return service_find(registry, name);
    }
    const struct service *only = NULL;
    for (size_t i = 0; i < registry->count; i++) {
        const struct service *service = &registry->services[i];
        if (signing_name.len > 0 &&
            str_eq(service->facts.signing_name, signing_name)) {
            if (only != NULL) {
                return NULL;
            }
            only = service;
        }
    }
    return only;
}

/* {region} filled in. */
static struct str fill_host(struct arena *arena, struct str host,
                            struct str region)
{
    size_t at = str_find_str(host, STR("{region}"));
    if (at == STR_NOT_FOUND) {
        return host;
    }
    return arena_printf(arena, "%.*s%.*s%.*s", STR_ARG(str_first(host, at)),
                        STR_ARG(region),
                        STR_ARG(str_from(host, at + strlen("{region}"))));
}

static struct str host_of(struct arena *arena, const struct service *service,
                          const struct site *site, struct str region)
{
    if (site != NULL) {
        return fill_host(arena, site->host, region);
    }
    return arena_printf(arena, "%.*s.%.*s.%s",
                        STR_ARG(service->facts.endpoint_prefix),
                        STR_ARG(region), find_partition(region)->suffix);
}

static bool lives_in_one_place(const struct site *site)
{
    return site != NULL && site->region.len > 0 &&
           str_find(site->host, '{') == STR_NOT_FOUND;
}

bool aws_endpoint_find(struct aws_registry *registry, struct arena *arena,
                       struct str service, struct str signing_name,
                       struct str region, struct aws_endpoint *ret_endpoint,
                       struct str *reterr)
{
    const struct service *row = find_service(registry, service, signing_name);
    if (row == NULL) {
        struct str name = service.len > 0 ? service : signing_name;
        *reterr =
            arena_printf(arena, "no endpoint is known for the service \"%.*s\"",
                         STR_ARG(str_first(name, 64)));
        return false;
    }
    const struct site *site = find_site(row, region);
    if (site == NULL) {
        site = find_site(row, aws_partition(region));
    }
    if (region.len == 0 && !lives_in_one_place(site)) {
        *reterr =
            arena_printf(arena, "the call to %.*s is signed for no region",
                         STR_ARG(row->facts.name));
        return false;
    }
    if (region.len > 0 && !is_region(region)) {
        *reterr = STR("the region is malformed: only a-z, 0-9 and '-', "
                      "at most 32 characters");
        return false;
    }
    struct str host = host_of(arena, row, site, region);
    ret_endpoint->origin = arena_printf(arena, "https://%.*s", STR_ARG(host));
    ret_endpoint->signing_region =
        site != NULL && site->region.len > 0 ? site->region : region;
    ret_endpoint->signing_name = row->facts.signing_name;
    return true;
}
