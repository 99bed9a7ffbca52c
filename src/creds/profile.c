/* SPDX-License-Identifier: Apache-2.0 */
/* The SDKs' INI dialect, as ~/.aws/config and ~/.aws/credentials use it. Here
 * because only the credential chain reads these files. Start at
 * creds_profile_parse(). */
#include "creds/private.h"

#include "base/file.h"

#include <errno.h>

enum { FILE_LIMIT = 1024 * 1024 };

struct setting {
    struct str key;
    struct str value;
    struct setting *next;
};

/* Both lists newest first, so that the last one counts; a section that is
 * there twice stands twice, or reading would look for each name in all. */
struct creds_section {
    struct str name;
    struct setting *settings;
    struct creds_section *next;
};

static struct creds_section *find_section(struct creds_section *first,
                                          struct str name)
{
    while (first != NULL && !str_eq(first->name, name)) {
        first = first->next;
    }
    return first;
}

static struct str unquote(struct str name)
{
    name = str_trim(name);
    if (name.len >= 2 && (name.ptr[0] == '"' || name.ptr[0] == '\'') &&
        name.ptr[name.len - 1] == name.ptr[0]) {
        name = str_make(name.ptr + 1, name.len - 2);
    }
    return name;
}

/* "[profile x]" in a config file, "[x]" in a credentials file; [default] is
 * bare in both. STR_NONE for [sso-session x], [services x] and the like. */
static struct str section_profile(struct str line, bool is_config)
{
    size_t end = str_find(line, ']');
    if (end == STR_NOT_FOUND) {
        return STR_NONE;
    }
    struct str name = str_trim(str_make(line.ptr + 1, end - 1));
    if (!is_config) {
        return unquote(name);
    }
    struct str word = STR("profile");
    if (str_starts(name, word) && name.len > word.len &&
        (name.ptr[word.len] == ' ' || name.ptr[word.len] == '\t')) {
        return unquote(str_from(name, word.len));
    }
    return str_eq(name, STR("default")) ? name : STR_NONE;
}

/* A '#' or ';' behind a blank starts a comment, but not inside a command. */
static struct str without_comment(struct str key, struct str value)
{
    if (str_eq_nocase(key, STR("credential_process"))) {
        return value;
    }
    for (size_t i = 1; i < value.len; i++) {
        bool blank = value.ptr[i - 1] == ' ' || value.ptr[i - 1] == '\t';
        if (blank && (value.ptr[i] == '#' || value.ptr[i] == ';')) {
            return str_trim(str_first(value, i));
        }
    }
    return value;
}

static void add_setting(struct arena *arena, struct creds_section *section,
                        struct str line)
{
    struct str value = line;
    struct str key = str_trim(str_cut(&value, '='));
    if (value.ptr == NULL || key.len == 0) {
        return;
    }
    struct setting *setting = ARENA_NEW(arena, struct setting);
    setting->key = key;
    setting->value = without_comment(key, str_trim(value));
    setting->next = section->settings;
    section->settings = setting;
}

static struct creds_section *
open_section(struct arena *arena, struct creds_section **first, struct str name)
{
    struct creds_section *section = ARENA_NEW(arena, struct creds_section);
    section->name = name;
    section->next = *first;
    *first = section;
    return section;
}

static size_t indent_of(struct str line)
{
    size_t n = 0;
    while (n < line.len && (line.ptr[n] == ' ' || line.ptr[n] == '\t')) {
        n++;
    }
    return n;
}

struct creds_section *creds_profile_parse(struct arena *arena, struct str text,
                                          bool is_config)
{
    struct creds_section *first = NULL;
    struct creds_section *section = NULL;
    bool has_key = false; /* the section has one whose indent is known */
    size_t key_indent = 0;
    if (str_starts(text, STR("\xEF\xBB\xBF"))) {
        text = str_from(text, 3);
    }
    while (text.ptr != NULL) {
        struct str raw = str_cut(&text, '\n');
        struct str line = str_trim(raw);
        if (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == ';') {
            continue;
        }
        size_t indent = indent_of(raw);
        if (indent == 0 && line.ptr[0] == '[') {
            struct str name = section_profile(line, is_config);
            section = name.len == 0 ? NULL : open_section(arena, &first, name);
            has_key = false;
        } else if (section != NULL && !(has_key && indent > key_indent)) {
            /* What stands deeper than the key before it is a nested block
             * ("s3 =" and its settings) or the rest of a long value. */
            add_setting(arena, section, line);
            has_key = true;
            key_indent = indent;
        }
    }
    return first;
}

/* The variable's path, or ~/.aws/NAME; "~/" is expanded as the SDKs do. */
static struct str file_path(struct arena *arena, char *const *environment,
                            const char *variable, const char *name)
{
    struct str home = creds_env_get(environment, "HOME");
    struct str path = creds_env_get(environment, variable);
    if (path.len == 0) {
        return home.len == 0
                   ? STR_NONE
                   : arena_printf(arena, "%.*s/.aws/%s", STR_ARG(home), name);
    }
    if (home.len > 0 && str_starts(path, STR("~/"))) {
        return arena_join(arena, home, str_from(path, 1));
    }
    return path;
}

static struct creds_section *load_file(struct arena *arena, struct str path,
                                       bool is_config, struct str *tried)
{
    struct str text = STR_NONE;
    struct str error = STR_NONE;
    if (path.len == 0) {
        return NULL;
    }
    bool ok = file_read(arena, path, FILE_LIMIT, &text, &error);
    bool worth_saying = !ok && errno != ENOENT;
    struct str said = worth_saying ? error : path;
    *tried = tried->len == 0 ? said
                             : arena_printf(arena, "%.*s and %.*s",
                                            STR_ARG(*tried), STR_ARG(said));
    return ok ? creds_profile_parse(arena, text, is_config) : NULL;
}

void creds_profiles_load(struct arena *arena, char *const *environment,
                         struct creds_profiles *ret_profiles)
{
    *ret_profiles = (struct creds_profiles){0};
    struct str credentials = file_path(
        arena, environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
    struct str config =
        file_path(arena, environment, "AWS_CONFIG_FILE", "config");
    ret_profiles->credentials =
        load_file(arena, credentials, false, &ret_profiles->tried);
    ret_profiles->config = load_file(arena, config, true, &ret_profiles->tried);
}

bool creds_profile_exists(const struct creds_profiles *profiles,
                          struct str name)
{
    return find_section(profiles->credentials, name) != NULL ||
           find_section(profiles->config, name) != NULL;
}

static struct str section_get(struct creds_section *first, struct str name,
                              const char *key)
{
    struct creds_section *section = find_section(first, name);
    for (; section != NULL; section = find_section(section->next, name)) {
        for (struct setting *s = section->settings; s != NULL; s = s->next) {
            if (str_eq_nocase(s->key, str_of(key))) {
                return s->value.len == 0 ? STR_NONE : s->value;
            }
        }
    }
    return STR_NONE;
}

struct str creds_profile_get(const struct creds_profiles *profiles,
                             struct str name, const char *key)
{
    struct str value = section_get(profiles->credentials, name, key);
    return value.len > 0 ? value : section_get(profiles->config, name, key);
}
