/* SPDX-License-Identifier: Apache-2.0 */
/* The bodies are those of the S3 documentation: 66560 times 'a' in chunks of
 * 64 KiB, without and with a trailer. */
#include "given.h"

static struct arena *arena;
static const char seed[] =
    "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
static const char trailer_seed[] =
    "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct sigv4_chain chain_of(const char *first, struct str secret)
{
    struct sigv4_chain chain = {
        .amz_date = STR("20130524T000000Z"),
        .scope = {STR("20130524"), STR("us-east-1"), STR("s3")},
        .seed = str_of(first),
    };
    sigv4_derive_key(secret, &chain.scope, &chain.key);
    return chain;
}

static void add_chunk(struct buf *out, size_t len, const char *signature)
{
    buf_printf(out, "%zx;chunk-signature=%s\r\n", len, signature);
    for (size_t i = 0; i < len; i++) {
        buf_add_char(out, 'a');
    }
    if (len > 0) {
        buf_add(out, STR("\r\n"));
    }
}

static struct str taken(struct buf *bytes)
{
    struct str text = arena_str(arena, buf_str(bytes));
    buf_free(bytes);
    return text;
}

static struct str documented_body(void)
{
    struct buf out = {0};
    add_chunk(
        &out, 65536,
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648");
    add_chunk(
        &out, 1024,
        "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497");
    add_chunk(
        &out, 0,
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9");
    buf_add(&out, STR("\r\n"));
    return taken(&out);
}

static struct str documented_trailer_body(const char *trailer_end)
{
    struct buf out = {0};
    add_chunk(
        &out, 65536,
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2");
    add_chunk(
        &out, 1024,
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7");
    add_chunk(
        &out, 0,
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992");
    buf_printf(
        &out, "x-amz-checksum-crc32c:sOO8/Q==%sx-amz-trailer-signature:%s",
        trailer_end,
        "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"
        "\r\n\r\n");
    return taken(&out);
}

struct result {
    enum http_read end;
    const struct http_fault *fault;
    struct str bytes;
};

static struct result run(struct str body, const char *first,
                         const struct sigv4_chain *to, size_t portion,
                         size_t size)
{
    const struct sigv4_chain from = chain_of(first, GIVEN_SECRET);
    struct given_source given = given_source(body, portion);
    struct buf out = {0};
    given.waits = portion % 2 == 1;
    struct http_source *chunks =
        sigv4_chunks(arena, &given.source, &from, to, 65536);
    struct result result = {.end = given_drain(chunks, size, &out)};
    result.fault = chunks->fault;
    result.bytes = taken(&out);
    sigv4_chunks_free(chunks);
    return result;
}

static void assert_breaks(struct str body, const char *code)
{
    const size_t portions[] = {1, 1000, 100000};
    for (size_t i = 0; i < 3; i++) {
        struct result result = run(body, seed, NULL, portions[i], 9999);
        assert_int_equal(result.end, HTTP_READ_BROKEN);
        assert_string_equal(result.fault->code, code);
        assert_true(result.bytes.len < body.len);
    }
}

/* A copy of the body with the byte at `at` changed. */
static struct str changed(struct str body, size_t at, char byte)
{
    char *copy = arena_alloc(arena, body.len);
    memcpy(copy, body.ptr, body.len);
    assert_int_not_equal(copy[at], byte);
    copy[at] = byte;
    return str_make(copy, body.len);
}

static void the_documented_body_is_verified_in_any_portions(void **state)
{
    (void)state;
    const size_t portions[][2] = {
        {1, 4096},      {4096, 1}, {7, 13},          {1021, 511},
        {65536, 65536}, {87, 3},   {100000, 100000},
    };
    struct str body = documented_body();
    assert_int_equal(body.len, 66824);
    for (size_t i = 0; i < sizeof(portions) / sizeof(*portions); i++) {
        struct result result =
            run(body, seed, NULL, portions[i][0], portions[i][1]);
        assert_int_equal(result.end, HTTP_READ_END);
        assert_str(result.bytes, body);
    }
}

static void a_signed_trailer_is_verified_in_each_spelling(void **state)
{
    (void)state;
    const char *const ends[] = {"\r\n", "\n", "\n\r\n"};
    for (size_t i = 0; i < 3; i++) {
        struct str body = documented_trailer_body(ends[i]);
        const size_t portions[] = {1, 333, 100000};
        for (size_t p = 0; p < 3; p++) {
            struct result result =
                run(body, trailer_seed, NULL, portions[p], 5000);
            assert_int_equal(result.end, HTTP_READ_END);
            assert_str(result.bytes, body);
        }
    }
}

static void a_tampered_trailer_breaks(void **state)
{
    (void)state;
    struct str body = documented_trailer_body("\r\n");
    size_t at = str_find_str(body, STR("sOO8/Q"));
    struct result result =
        run(changed(body, at, 'S'), trailer_seed, NULL, 1000, 1000);
    assert_int_equal(result.end, HTTP_READ_BROKEN);
    assert_string_equal(result.fault->code, "SignatureDoesNotMatch");
    result = run(str_first(body, body.len - 2), trailer_seed, NULL, 1000, 1000);
    assert_string_equal(result.fault->code, "IncompleteBody");
    size_t signature = str_find_str(body, STR("x-amz-trailer-signature"));
    result = run(str_first(body, signature), trailer_seed, NULL, 1000, 1000);
    assert_string_equal(result.fault->code, "IncompleteBody");
    result = run(arena_join(arena, body, STR("x")), trailer_seed, NULL, 99, 1);
    assert_string_equal(result.fault->code, "InvalidChunkSizeError");
}

static void a_re_signed_body_has_the_same_length_and_verifies(void **state)
{
    (void)state;
    const struct sigv4_chain to = chain_of(trailer_seed, STR("another"));
    struct str body = documented_body();
    struct result signed_anew = run(body, seed, &to, 1000, 4096);
    assert_int_equal(signed_anew.end, HTTP_READ_END);
    assert_int_equal(signed_anew.bytes.len, body.len);
    assert_false(str_eq(signed_anew.bytes, body));

    const struct sigv4_chain back = chain_of(seed, GIVEN_SECRET);
    struct given_source given = given_source(signed_anew.bytes, 999);
    struct buf out = {0};
    struct http_source *chunks =
        sigv4_chunks(arena, &given.source, &to, &back, 65536);
    assert_int_equal(given_drain(chunks, 4096, &out), HTTP_READ_END);
    assert_str(buf_str(&out), body);
    sigv4_chunks_free(chunks);
    buf_free(&out);
}

static void a_re_signed_trailer_verifies(void **state)
{
    (void)state;
    const struct sigv4_chain to = chain_of(trailer_seed, GIVEN_SECRET);
    const struct sigv4_chain from = chain_of(seed, STR("another"));
    struct str body = documented_trailer_body("\r\n");
    struct result away = run(body, trailer_seed, &from, 1000, 4096);
    struct given_source given = given_source(away.bytes, 1);
    struct buf out = {0};
    struct http_source *chunks =
        sigv4_chunks(arena, &given.source, &from, &to, 65536);
    assert_int_equal(given_drain(chunks, 4096, &out), HTTP_READ_END);
    assert_str(buf_str(&out), body);
    sigv4_chunks_free(chunks);
    buf_free(&out);
}

static void no_byte_of_a_tampered_chunk_is_given(void **state)
{
    (void)state;
    struct str body = documented_body();
    assert_breaks(changed(body, 100, 'b'), "SignatureDoesNotMatch");
    assert_breaks(changed(body, 60000, 'b'), "SignatureDoesNotMatch");
    assert_breaks(changed(body, 30, '0'), "SignatureDoesNotMatch");
    size_t second = str_find_str(body, STR("400;"));
    struct str tampered = changed(body, second + 500, 'b');
    assert_breaks(tampered, "SignatureDoesNotMatch");
    struct result result = run(tampered, seed, NULL, 1, 1);
    assert_str(result.bytes, str_first(body, second));
    assert_breaks(changed(body, body.len - 5, '0'), "SignatureDoesNotMatch");
}

static void a_wrong_first_signature_or_key_breaks_the_first_chunk(void **state)
{
    (void)state;
    struct result result =
        run(documented_body(), trailer_seed, NULL, 1000, 1000);
    assert_int_equal(result.end, HTTP_READ_BROKEN);
    assert_string_equal(result.fault->code, "SignatureDoesNotMatch");
    assert_int_equal(result.fault->status, 403);
    assert_int_equal(result.bytes.len, 0);
}

static void chunks_cannot_be_left_out(void **state)
{
    (void)state;
    struct str body = documented_body();
    size_t second = str_find_str(body, STR("400;"));
    size_t last = str_find_str(body, STR("0;chunk-signature=b6c6"));
    assert_breaks(str_from(body, second), "SignatureDoesNotMatch");
    assert_breaks(
        arena_join(arena, str_first(body, second), str_from(body, last)),
        "SignatureDoesNotMatch");
}

static void a_body_cut_anywhere_is_incomplete(void **state)
{
    (void)state;
    struct str body = documented_body();
    const size_t lengths[] = {
        0,     1,     5,     86,    87,    88,    65622,
        65623, 65624, 65625, 66000, 66734, 66735, body.len - 2,
    };
    for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
        struct result result =
            run(str_first(body, lengths[i]), seed, NULL, 1000, 1000);
        assert_int_equal(result.end, HTTP_READ_BROKEN);
        assert_string_equal(result.fault->code, "IncompleteBody");
        assert_int_equal(result.fault->status, 400);
    }
    /* Without the very last byte the end is not whole either. */
    struct result result =
        run(str_first(body, body.len - 1), seed, NULL, 1000, 1000);
    assert_int_equal(result.end, HTTP_READ_BROKEN);
}

static void framing_that_is_not_what_it_says_breaks(void **state)
{
    (void)state;
    struct str body = documented_body();
    const struct {
        size_t at;
        char byte;
    } rows[] = {
        {0, '0'},                     /* 00000: the end, but there is more */
        {0, '2'},                     /* above the limit */
        {0, 'x'},                     /* no digit */
        {5, ','},                     /* no extension */
        {6, 'C'},                     /* another extension */
        {40, 'A'},                    /* capital digits */
        {85, 'x'},                    /* a last digit that is none */
        {86, 'x'},                    /* the line end */
        {87, '\r'},    {65624, '\n'}, /* the line end after the bytes */
        {65625, '\r'},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct result result = run(changed(body, rows[i].at, rows[i].byte),
                                   seed, NULL, 1000, 1000);
        assert_int_equal(result.end, HTTP_READ_BROKEN);
        assert_int_equal(result.bytes.len, 0);
        bool as_said = strcmp(result.fault->code, "InvalidChunkSizeError") == 0;
        /* A size of 0 fails by its signature already. */
        bool by_signature =
            strcmp(result.fault->code, "SignatureDoesNotMatch") == 0;
        assert_true(as_said || (i == 0 && by_signature));
    }
}

static void a_size_one_off_breaks(void **state)
{
    (void)state;
    struct str body = documented_body();
    size_t second = str_find_str(body, STR("400;"));
    struct str longer = changed(body, second + 2, '1');
    struct str shorter = changed(
        changed(changed(body, second, '3'), second + 1, 'f'), second + 2, 'f');
    assert_breaks(longer, "InvalidChunkSizeError");
    assert_breaks(shorter, "InvalidChunkSizeError");
}

static void odd_heads_are_refused(void **state)
{
    (void)state;
    char long_line[600];
    memset(long_line, '0', sizeof(long_line));
    const struct str heads[] = {
        STR("\r\n"),
        STR(";\r\n"),
        STR("10\r\n"),
        STR("-1;chunk-signature=\r\n"),
        STR("ffffffffffffffff;chunk-signature="
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"
            "\r\n"),
        str_make(long_line, sizeof(long_line)),
    };
    for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
        struct result result = run(heads[i], seed, NULL, 1 + i % 2 * 600, 10);
        assert_int_equal(result.end, HTTP_READ_BROKEN);
        assert_string_equal(result.fault->code, "InvalidChunkSizeError");
    }
}

static void a_chunk_above_the_limit_breaks_before_it_is_read(void **state)
{
    (void)state;
    const struct sigv4_chain from = chain_of(seed, GIVEN_SECRET);
    struct str body = documented_body();
    struct given_source given = given_source(body, 100);
    struct buf out = {0};
    struct http_source *chunks =
        sigv4_chunks(arena, &given.source, &from, NULL, 65535);
    assert_int_equal(given_drain(chunks, 4096, &out), HTTP_READ_BROKEN);
    assert_string_equal(chunks->fault->code, "InvalidChunkSizeError");
    assert_true(given.bytes.len > 65536);
    sigv4_chunks_free(chunks);
}

static void bytes_after_the_end_break_and_the_end_is_kept_back(void **state)
{
    (void)state;
    struct str body = documented_body();
    struct str longer = arena_join(arena, body, STR("0"));
    struct result result = run(longer, seed, NULL, 1, 10);
    assert_int_equal(result.end, HTTP_READ_BROKEN);
    assert_string_equal(result.fault->code, "InvalidChunkSizeError");
    size_t last = str_find_str(body, STR("0;chunk-signature=b6c6"));
    assert_str(result.bytes, str_first(body, last));
}

static void a_break_below_passes_with_its_fault(void **state)
{
    (void)state;
    static const struct http_fault fault = {400, "Below", "Something."};
    const struct sigv4_chain from = chain_of(seed, GIVEN_SECRET);
    struct given_source given =
        given_source(str_first(documented_body(), 70000), 5000);
    struct buf out = {0};
    given.last = HTTP_READ_BROKEN;
    given.source.fault = &fault;
    struct http_source *chunks =
        sigv4_chunks(arena, &given.source, &from, NULL, 65536);
    assert_int_equal(given_drain(chunks, 4096, &out), HTTP_READ_BROKEN);
    assert_ptr_equal(chunks->fault, &fault);
    buf_free(&out);
    sigv4_chunks_free(chunks);
}

static void the_watcher_is_passed_down(void **state)
{
    (void)state;
    struct timer timer;
    const struct sigv4_chain from = chain_of(seed, GIVEN_SECRET);
    struct given_source given = given_source(STR(""), 1);
    struct http_source *chunks =
        sigv4_chunks(arena, &given.source, &from, NULL, 65536);
    http_source_watch(chunks, NULL, &timer);
    assert_ptr_equal(given.watcher, &timer);
    sigv4_chunks_free(chunks);
    sigv4_chunks_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_documented_body_is_verified_in_any_portions),
        cmocka_unit_test(a_signed_trailer_is_verified_in_each_spelling),
        cmocka_unit_test(a_tampered_trailer_breaks),
        cmocka_unit_test(a_re_signed_body_has_the_same_length_and_verifies),
        cmocka_unit_test(a_re_signed_trailer_verifies),
        cmocka_unit_test(no_byte_of_a_tampered_chunk_is_given),
        cmocka_unit_test(a_wrong_first_signature_or_key_breaks_the_first_chunk),
        cmocka_unit_test(chunks_cannot_be_left_out),
        cmocka_unit_test(a_body_cut_anywhere_is_incomplete),
        cmocka_unit_test(framing_that_is_not_what_it_says_breaks),
        cmocka_unit_test(a_size_one_off_breaks),
        cmocka_unit_test(odd_heads_are_refused),
        cmocka_unit_test(a_chunk_above_the_limit_breaks_before_it_is_read),
        cmocka_unit_test(bytes_after_the_end_break_and_the_end_is_kept_back),
        cmocka_unit_test(a_break_below_passes_with_its_fault),
        cmocka_unit_test(the_watcher_is_passed_down),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
