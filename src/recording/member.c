/* SPDX-License-Identifier: Apache-2.0 */
/* What a member is, by its name and its place in an input or output: the model
 * knows secrets, rows know the rest. Start at recording_member_kind_of(). */
#include "recording/private.h"

struct name_row {
    const char *name; /* lower case */
    enum member_kind kind;
};

/* Exact names, in any case. */
static const struct name_row name_rows[] = {
    {"accesskeyid", MEMBER_ACCESS_KEY},
    {"access_key_id", MEMBER_ACCESS_KEY},
    {"aws_access_key_id", MEMBER_ACCESS_KEY},
    {"awsaccesskeyid", MEMBER_ACCESS_KEY},
    {"account", MEMBER_ACCOUNT},
    {"accountid", MEMBER_ACCOUNT},
    {"accountids", MEMBER_ACCOUNT},
    {"accountnumber", MEMBER_ACCOUNT},
    {"awsaccountid", MEMBER_ACCOUNT},
    {"awsaccountids", MEMBER_ACCOUNT},
    {"destinationaccountid", MEMBER_ACCOUNT},
    {"managementaccountid", MEMBER_ACCOUNT},
    {"masteraccountid", MEMBER_ACCOUNT},
    {"memberaccountid", MEMBER_ACCOUNT},
    {"owner", MEMBER_ACCOUNT},
    {"owneraccount", MEMBER_ACCOUNT},
    {"owneraccountid", MEMBER_ACCOUNT},
    {"ownerid", MEMBER_ACCOUNT},
    {"ownerids", MEMBER_ACCOUNT},
    {"owners", MEMBER_ACCOUNT},
    {"principalaccount", MEMBER_ACCOUNT},
    {"recipientaccountid", MEMBER_ACCOUNT},
    {"registryid", MEMBER_ACCOUNT},
    {"requesterid", MEMBER_ACCOUNT},
    {"sourceaccount", MEMBER_ACCOUNT},
    {"sourceaccountid", MEMBER_ACCOUNT},
    {"sourceowner", MEMBER_ACCOUNT},
    {"targetaccountid", MEMBER_ACCOUNT},
    {"queueownerawsaccountid", MEMBER_ACCOUNT},
    {"aws_secret_access_key", MEMBER_SECRET},
    {"aws_session_token", MEMBER_SECRET},
    {"secret_access_key", MEMBER_SECRET},
    {"session_token", MEMBER_SECRET},
    {"securitytoken", MEMBER_SECRET},
    {"x-amz-security-token", MEMBER_SECRET},
};

/* How members of services without a model are called that are secrets. */
static const char *const secret_ends[] = {
    "accesstoken", "apikey",     "authparameters",     "authtoken",
    "bearertoken", "passphrase", "challengeresponses", "password",
    "privatekey",  "secret",     "secretcode",         "secrethash",
    "secretkey",   "sharedkey",
};

/* Secrets that neither the model nor their names call so. */
static const struct {
    const char *service;
    const char *operations; /* a part of their names */
    const char *member;     /* its last step */
} secret_rows[] = {
    {"apigateway", "ApiKey", "value"},
    {"batch", "Job", "value"}, /* of environment variables; so below */
    {"cloudformation", "ChangeSet", "ParameterValue"},
    {"cloudformation", "Stack", "ParameterValue"},
    {"codebuild", "Build", "value"},
    {"codebuild", "Project", "value"},
};

/* REST calls whose body, as a whole, is a member that the model calls
 * sensitive. */
static const struct {
    const char *service;
    const char *operation;
    bool request;
    bool response;
} body_rows[] = {
    {"appconfig", "CreateHostedConfigurationVersion", true, true},
    {"appconfig", "GetConfiguration", false, true},
    {"appconfig", "GetHostedConfigurationVersion", false, true},
    {"appconfigdata", "GetLatestConfiguration", false, true},
    {"bedrock-runtime", "InvokeModel", true, true},
    {"lambda", "Invoke", true, true},
    {"lambda", "InvokeWithResponseStream", true, true},
    {"lambda", "SendDurableExecutionCallbackSuccess", true, false},
};

/* Blobs: their text is base64. */
static const char *const base64_ends[] = {"Binary", "Blob", "Plaintext"};

static bool is_number(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
    }
    return text.len > 0;
}

/* "Tags.member.1.Key" is Tags.Key to the model. */
static bool is_list_word(struct str step)
{
    return is_number(step) || str_eq(step, STR("member")) ||
           str_eq(step, STR("entry")) || str_eq(step, STR("item"));
}

static bool has_list_words(const struct aws_call *call)
{
    return call != NULL &&
           (call->protocol == AWS_QUERY || call->protocol == AWS_EC2 ||
            call->protocol == AWS_REST_XML);
}

static void enter_step(struct member_path *path, struct str step)
{
    if (path->text.len > 0) {
        buf_add_char(&path->text, '.');
    }
    buf_add(&path->text, step);
}

size_t recording_member_path_enter(struct member_path *path,
                                   const struct aws_call *call, struct str name)
{
    size_t before = path->text.len;
    if (!has_list_words(call)) {
        enter_step(path, name);
        return before;
    }
    struct str rest = name;
    while (rest.ptr != NULL) {
        struct str step = str_cut(&rest, '.');
        if (step.len > 0 && !is_list_word(step)) {
            enter_step(path, step);
        }
    }
    return before;
}

void recording_member_path_leave(struct member_path *path, size_t len)
{
    path->text.len = len;
}

/* The last step: of "Credentials.AccessKeyId" that. */
static struct str last_step(struct str dotted)
{
    size_t dot = str_find_last(dotted, '.');
    return dot == STR_NOT_FOUND ? dotted : str_from(dotted, dot + 1);
}

static bool is_base64(struct str name)
{
    for (size_t i = 0; i < sizeof(base64_ends) / sizeof(base64_ends[0]); i++) {
        struct str end = str_of(base64_ends[i]);
        if (name.len >= end.len &&
            str_eq_nocase(str_from(name, name.len - end.len), end)) {
            return true;
        }
    }
    return false;
}

bool recording_member_is_body(const struct aws_call *call, bool request)
{
    for (size_t i = 0; i < sizeof(body_rows) / sizeof(body_rows[0]); i++) {
        if (call != NULL &&
            str_eq(call->operation, str_of(body_rows[i].operation)) &&
            str_eq(call->service, str_of(body_rows[i].service))) {
            return request ? body_rows[i].request : body_rows[i].response;
        }
    }
    return false;
}

/* "ManageMasterUserPassword": yes or no. */
static bool is_called_switch(struct str name)
{
    static const char *const verbs[] = {"allow", "enable", "manage", "rotate"};
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        struct str verb = str_of(verbs[i]);
        if (str_eq_nocase(str_first(name, verb.len), verb)) {
            return true;
        }
    }
    return false;
}

/* "sslKeyPassword", "shared_secret" */
static bool is_called_secret(struct str name)
{
    char plain[64];
    size_t len = 0;
    for (size_t i = 0; i < name.len && len < sizeof(plain); i++) {
        char c = name.ptr[i];
        if (c != '_' && c != '-') {
            plain[len++] = c;
        }
    }
    struct str text = str_make(plain, len);
    for (size_t i = 0; i < sizeof(secret_ends) / sizeof(secret_ends[0]); i++) {
        struct str end = str_of(secret_ends[i]);
        if (len >= end.len &&
            str_eq_nocase(str_from(text, len - end.len), end)) {
            return true;
        }
    }
    return false;
}

/* What the model of its service does not tell. */
static bool is_secret_besides(const struct aws_call *call, struct str last)
{
    for (size_t i = 0; i < sizeof(secret_rows) / sizeof(secret_rows[0]); i++) {
        if (str_eq(call->service, str_of(secret_rows[i].service)) &&
            str_eq(last, str_of(secret_rows[i].member)) &&
            str_find_str(call->operation, str_of(secret_rows[i].operations)) !=
                STR_NOT_FOUND) {
            return true;
        }
    }
    return is_called_secret(last) && !is_called_switch(last);
}

enum member_kind recording_member_kind_of(struct aws_registry *registry,
                                          const struct aws_call *call,
                                          const struct member_path *path)
{
    struct str dotted = buf_str(&path->text);
    struct str last = last_step(dotted);
    for (size_t i = 0; i < sizeof(name_rows) / sizeof(name_rows[0]); i++) {
        if (str_eq_nocase(last, str_of(name_rows[i].name))) {
            return name_rows[i].kind;
        }
    }
    bool rest = call != NULL && (call->protocol == AWS_REST_JSON ||
                                 call->protocol == AWS_REST_XML);
    if (rest && str_eq(dotted, STR("body")) &&
        recording_member_is_body(call, true)) {
        return MEMBER_SECRET;
    }
    if (rest && str_starts(dotted, STR("body."))) {
        dotted = str_from(dotted, 5);
    }
    struct str service = call != NULL ? call->service : STR_NONE;
    struct str operation = call != NULL ? call->operation : STR_NONE;
    if (!aws_member_is_sensitive(registry, service, operation, dotted) &&
        !(call != NULL && is_secret_besides(call, last))) {
        return MEMBER_PLAIN;
    }
    return is_base64(last) ? MEMBER_SECRET_BASE64 : MEMBER_SECRET;
}
