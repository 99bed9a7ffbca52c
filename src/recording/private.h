/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this room share with each other and with nobody else.
 *
 * Ownership: a table and what is known live in the arena given at the start.
 */
#ifndef RECORDING_PRIVATE_H
#define RECORDING_PRIVATE_H

#include "recording/recording.h"

#define RECORDING_FORMAT "settled-recording"

enum {
    PLACEHOLDER_LEN = 25, /* "redacted-" and 16 digits */
    ACCOUNT_LEN = 12,
    ACCESS_KEY_LEN = 20,
    KEY_TEXT_LEAST = 16, /* characters of a key of one's own */
    KEY_CHECK_LEN = 8,
};

/* ---- key.c: the key of a recording, and what is made with it ---- */

/* 32 hex digits are the key itself, other text is hashed; false: too short. */
bool recording_key_from_text(struct str text,
                             unsigned char ret_key[RECORDING_KEY_SIZE]);
bool recording_key_from_hex(struct str hex,
                            unsigned char ret_key[RECORDING_KEY_SIZE]);
struct str recording_key_hex(struct arena *arena,
                             const unsigned char key[RECORDING_KEY_SIZE]);
/* Tells a wrong key without telling the right one. */
struct str recording_key_check(struct arena *arena,
                               const unsigned char key[RECORDING_KEY_SIZE]);
/* The first eight bytes of the keyed hash; `what` keeps uses apart. */
uint64_t recording_key_hash(const unsigned char key[RECORDING_KEY_SIZE],
                            const char *what, struct str value);

/* ---- placeholder.c: what placeholders look like ---- */

struct str recording_placeholder_make(struct arena *arena, uint64_t hash);
struct str recording_placeholder_access_key(struct arena *arena, uint64_t hash);
struct str recording_placeholder_account(struct arena *arena, uint64_t hash);
/* Ten digits that prove, to who has the key, that they are one. */
struct str
recording_placeholder_number(struct arena *arena,
                             const unsigned char key[RECORDING_KEY_SIZE],
                             struct str number);
/* By shape alone. */
bool recording_placeholder_may_be_number(struct str number);
bool recording_placeholder_is_number(
    const unsigned char key[RECORDING_KEY_SIZE], struct str number);
/* By shape; STR_NONE when `text` does not begin with one. */
struct str recording_placeholder_at(struct str text);
bool recording_placeholder_is(struct str text);
/* Base64 of a placeholder. */
bool recording_placeholder_is_base64(struct str text);
/* Whether what stands at `at` is 12 digits and no part of a longer run. */
bool recording_account_is_at(struct str text, size_t at);

/* ---- table.c: texts by text ---- */

struct table_row {
    struct table_row *next;
    uint64_t hash;
    struct str key;
    struct str value;
};

struct table {
    struct arena *arena;
    struct table_row **buckets;
    size_t bucket_count;
    size_t count;
};

void recording_table_init(struct table *table, struct arena *arena);
struct table_row *recording_table_find(const struct table *table,
                                       struct str key);
/* Copies both; a key that is there keeps its value. */
struct table_row *recording_table_put(struct table *table, struct str key,
                                      struct str value);

/* ---- known.c: secrets that were seen, found again as part of any text ---- */

enum { KNOWN_SHORTEST = 6 };

/* All that begin with the same bytes, by their lengths: many secrets are URLs,
 * and begin alike. */
struct known_group {
    struct known_group *next;
    uint64_t head;
    size_t *lengths; /* that occur, the largest first */
    size_t count;
    size_t capacity;
};

struct known {
    struct arena *arena;
    struct known_group **buckets;
    size_t bucket_count;
    size_t group_count;
    struct table texts; /* each form -> what stands for it in that form */
};

void recording_known_init(struct known *known, struct arena *arena);
/* Its JSON, percent and base64 forms too. Shorter texts are not taken. */
void recording_known_add(struct known *known, struct str secret,
                         struct str placeholder);
/* The longest that stands at `at`; NULL: none does. */
const struct table_row *recording_known_at(const struct known *known,
                                           struct str text, size_t at);

/* ---- redact.c ---- */

struct recording_redactor {
    struct aws_registry *registry;
    bool off;
    unsigned char key[RECORDING_KEY_SIZE];
    struct arena *arena;
    struct table placeholders; /* kept, and those of accounts made here */
    struct table secrets;      /* secret -> what stands for it */
    struct table accounts;     /* twelve digits -> twelve others */
    struct known known;
    bool leave_accounts;
    bool any_number;  /* that looks like a placeholder is one */
    uint64_t learned; /* grows with every secret and account */
};

/* What a member is, by its place and name. */
enum member_kind {
    MEMBER_PLAIN,
    MEMBER_SECRET,
    MEMBER_SECRET_BASE64,
    MEMBER_ACCESS_KEY,
    MEMBER_ACCOUNT,
};

/* Dotted, from the input or output, without list indexes. */
struct member_path {
    struct buf text;
};
/* Returns the length to go back to. */
size_t recording_member_path_enter(struct member_path *path,
                                   const struct aws_call *call,
                                   struct str name);
void recording_member_path_leave(struct member_path *path, size_t len);
enum member_kind recording_member_kind_of(struct aws_registry *registry,
                                          const struct aws_call *call,
                                          const struct member_path *path);
/* Whether the body of a REST call is a secret as a whole. */
bool recording_member_is_body(const struct aws_call *call, bool request);
/* Twelve digits at `at` that an ARN has before the resource. */
bool recording_account_is_in_arn(struct str text, size_t at);
bool recording_redactor_keeps_number(const struct recording_redactor *redactor,
                                     struct str number);
/* The text of a member, redacted as what it is. */
struct str recording_redactor_member(struct recording_redactor *redactor,
                                     struct arena *arena, enum member_kind kind,
                                     struct str text);
struct str recording_redactor_access_key(struct recording_redactor *redactor,
                                         struct arena *arena, struct str key);
struct str recording_redactor_account(struct recording_redactor *redactor,
                                      struct arena *arena, struct str account);

/* ---- redact_json.c ---- */

/* The text of an object or array, byte for byte but for what is replaced; false
 * when it is none. `all`: every leaf is a secret. */
bool recording_redactor_json_text(struct recording_redactor *redactor,
                                  struct arena *arena,
                                  const struct aws_call *call, bool all,
                                  int depth, struct str text,
                                  struct str *ret_text);

/* A plain string that may be a document of its own; `depth` counts strings in
 * strings. */
struct str recording_redactor_document(struct recording_redactor *redactor,
                                       struct arena *arena,
                                       const struct aws_call *call, int depth,
                                       struct str text);

/* ---- redact_form.c, redact_xml.c ---- */

struct str recording_redactor_form(struct recording_redactor *redactor,
                                   struct arena *arena,
                                   const struct aws_call *call,
                                   struct str form);
struct str recording_redactor_target(struct recording_redactor *redactor,
                                     struct arena *arena,
                                     const struct aws_call *call,
                                     struct str target);
/* False when it is not well-formed. */
bool recording_redactor_xml(struct recording_redactor *redactor,
                            struct arena *arena, const struct aws_call *call,
                            struct str text, struct str *ret_text);

/* ---- redact_message.c ---- */

/* As recording_redactor_request() and recording_redactor_response(); a body
 * that nothing can be said of is left out, and `*ret_left_out` is its length.
 */
struct http_request
recording_redact_request(struct recording_redactor *redactor,
                         struct arena *arena, const struct aws_call *call,
                         const struct http_request *request,
                         int64_t *ret_left_out);
struct http_response
recording_redact_response(struct recording_redactor *redactor,
                          struct arena *arena, const struct aws_call *call,
                          const struct http_response *response,
                          int64_t *ret_left_out);

/* ---- headers.c ---- */

/* Headers that may be written down, copied. */
struct http_headers
recording_headers_allowed(struct arena *arena,
                          const struct http_headers *headers);
/* Its value is a secret. */
bool recording_header_is_secret(struct str name);
/* Part of what a REST call asks, and not of how it was sent. */
bool recording_header_is_input(struct str name);
/* Makes lengths and checksums fit a body that was replaced. */
void recording_headers_fit_body(struct arena *arena,
                                struct http_headers *headers, struct str body);

/* ---- body.c ---- */

/* Without gzip and aws-chunked framing; headers that speak of these go. False
 * when it is damaged. */
bool recording_body_decode(struct arena *arena, struct http_headers *headers,
                           struct str body, struct str *ret_body);
bool body_is_utf8(struct str body);

/* ---- kinds.c: rows of lines ---- */

enum recording_kind recording_kind_find(struct str name); /* COUNT: none */
/* By the words of http_outcome_name(); HTTP_OUTCOME_COUNT: none. */
enum http_outcome recording_http_outcome(struct str name);
enum outcome recording_outcome(struct str name);       /* OUTCOME_COUNT: none */
enum aws_protocol recording_protocol(struct str name); /* AWS_PROTOCOL_COUNT */

/* ---- line.c ---- */

void recording_line_begin(struct buf *line, enum recording_kind kind,
                          struct str session, uint64_t n);
/* A member that is an object: until recording_line_close() all members are its
 * own. */
void recording_line_open(struct buf *line, const char *name);
void recording_line_close(struct buf *line);
void recording_line_text(struct buf *line, const char *name, struct str text);
void recording_line_text_if(struct buf *line, const char *name,
                            struct str text);
void recording_line_number(struct buf *line, const char *name, int64_t number);
void recording_line_flag(struct buf *line, const char *name, bool flag);
void recording_line_json(struct buf *line, const char *name,
                         const struct json *value);
void recording_line_headers(struct buf *line, const char *name,
                            const struct http_headers *headers);
/* The checksum and the newline. */
void recording_line_end(struct buf *line);
/* Whether a line, without its newline, ends as recording_line_end() ends it. */
bool recording_line_has_crc(struct str line, struct str *ret_crc);
bool recording_line_crc_fits(struct str line);

/* ---- spaced.c ---- */

/* With a blank behind each comma and colon, in ASCII. */
void recording_spaced_write(const struct json *value, struct buf *out);

/* ---- write.c ---- */

struct recording_writer {
    struct arena *arena;
    int fd;
    struct aws_registry *registry;
    struct recording_redactor *redactor;
    struct str session;
    uint64_t n;
    struct buf line;
    bool failed;
};

void recording_writer_begin(struct recording_writer *writer,
                            enum recording_kind kind);
/* Ends the line and writes it. */
bool recording_writer_put(struct recording_writer *writer);

/* ---- check.c: what members a line has ---- */

/* For lines, which hold an input and an output of the usual depth. */
extern const struct json_limits recording_line_limits;

/* A line that is being looked at. Its text begins at `start` of the file. */
struct line_check {
    struct arena *arena;
    const struct source *file;
    size_t start;
    struct diag *errors;
    bool edited;
};
void recording_line_error(const struct line_check *check, struct span span,
                          const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* All members are known, of the right type, and none is missing. `*ret_kind`
 * is valid when it returns true. */
bool recording_line_check_shape(const struct line_check *check,
                                const struct json *line,
                                enum recording_kind *ret_kind);
/* A whole number that has passed the check. */
int64_t recording_line_get_number(const struct json *line, const char *name);

/* ---- read.c ---- */

/* What is behind a struct recording. */
struct loaded {
    struct recording open; /* first: so that it can be cast */
    struct arena *arena;
    struct source source;
    size_t *starts; /* of each line, and of one behind the last */
    size_t line_count;
};
/* While it is being read. */
struct reading;
struct load {
    struct loaded *loaded;
    const struct recording_read_options *options;
    struct diag *warnings;
    struct arena *scratch; /* reset after each line */
    struct line_check check;
    size_t line; /* from 1 */
    struct str text;
    bool hopeless;         /* another version: what follows means nothing */
    struct buf entries;    /* struct recording_entry, one after the other */
    struct table sessions; /* id -> struct reading * */
    struct reading *first_session;
    struct reading **last_session;
};
/* Without its newline; from 1. */
struct str recording_loaded_line(const struct loaded *loaded, size_t line);

/* ---- entry.c ---- */

void recording_load_begin(struct load *load);
/* A line whose checksum fits, or that was edited. */
void recording_load_entry(struct load *load, const struct json *line);
/* Sessions and entries go into load->loaded->open. */
void recording_load_end(struct load *load);

/* ---- placeholders.c ---- */

void recording_placeholders_find(struct loaded *loaded);

/* ---- tee.c: a source that keeps a copy of what passes ---- */

struct tee {
    struct http_source source; /* first, so it can be cast */
    struct http_source *inner; /* NULL: not in use */
    size_t limit;
    size_t seen;
    struct buf copy; /* empty once more was seen than `limit` */
    bool ended;
    bool broken;
    void (*on_end)(void *ctx); /* at the end, or where it broke; may be NULL */
    void *ctx;
};
struct http_source *recording_tee_init(struct tee *tee,
                                       struct http_source *inner, size_t limit,
                                       void (*on_end)(void *), void *ctx);
void recording_tee_done(struct tee *tee);

/* ---- tokens.c ---- */

/* The length of a well-known kind of secret that begins at `at`; 0: none. */
size_t recording_token_at(struct str text, size_t at, const char **ret_what);
/* The same for those that cannot be anything else; a private key is whole. */
size_t recording_token_surely_at(struct str text, size_t at);

/* ---- recorder.c ---- */

struct recording_writer *
recording_recorder_writer(struct recording_recorder *recorder);

#endif
