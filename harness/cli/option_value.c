/* The check of one value of an option or argument. */
#include "harness/cli/option_value.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/escape.h"
#include "harness/base/nearest.h"
#include "harness/net/address.h"

#define MAX_SHOWN   200 /* bytes of a value that a message shows */
#define MAX_ENTRIES 10000

const char *option_value_quote(char out[OPTION_VALUE_SHOWN], const char *value)
{
    struct buf text;
    buf_init(&text, OPTION_VALUE_SHOWN - 3);
    size_t max = MAX_SHOWN;
    do { /* an escape is longer than what it stands for */
        buf_reset(&text);
        escape_terminal_cut(&text, span_cstr(value), max);
        max /= 2;
    } while (text.failed && max > 0);
    out[0] = '\'';
    memcpy(out + 1, text.data ? (const char *)text.data : "", text.len);
    memcpy(out + 1 + text.len, "'", 2);
    buf_fini(&text);
    return out;
}

static enum err_code check_number(uint64_t *number, const struct option_value *rule, const char *value, struct err *err)
{
    char quoted[OPTION_VALUE_SHOWN];
    uint64_t read = 0;
    size_t digits = strspn(value, "0123456789");
    bool good = digits > 0 && value[digits] == '\0';
    for (size_t i = 0; good && i < digits; i++) {
        uint64_t digit = (uint64_t)(value[i] - '0');
        good = read <= (UINT64_MAX - digit) / 10;
        read = read * 10 + digit;
    }
    if (!good || read < rule->min || read > rule->max)
        return err_set(err, ERR_USAGE, "expected a number from %llu to %llu, found %s", (unsigned long long)rule->min,
                       (unsigned long long)rule->max, option_value_quote(quoted, value));
    *number = read;
    return ERR_OK;
}

/* ---- files */

/* Lists what is in the folder of `path`: files, or folders. */
static void list_neighbours(struct names *out, const char *folder, bool folders)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    for (size_t i = 0; dir && i < MAX_ENTRIES && (entry = readdir(dir)) != NULL; i++) {
        bool unwanted = folders ? entry->d_type == DT_REG : entry->d_type == DT_DIR;
        if (!unwanted && entry->d_name[0] != '.')
            names_add(out, entry->d_name, strlen(entry->d_name));
    }
    if (dir)
        closedir(dir);
}

/* Why there is no such file, with the name in its folder that comes nearest. */
static enum err_code not_there(const char *path, bool folder, struct err *err)
{
    char quoted[OPTION_VALUE_SHOWN], near[OPTION_VALUE_SHOWN];
    struct names names;
    struct arena arena;
    names_init(&names);
    arena_init(&arena, 1u << 20);
    const char *slash = strrchr(path, '/');
    size_t base = slash ? (size_t)(slash - path) + 1 : 0;
    const char *above = base > 0 ? arena_printf(&arena, "%.*s", (int)base, path) : ".";
    list_neighbours(&names, above ? above : ".", folder);
    const char *found = nearest_name(path + base, names.items, names.count);
    const char *whole = found ? arena_printf(&arena, "%.*s%s", (int)base, path, found) : NULL;
    err_set(err, ERR_USAGE, "there is no %s %s%s%s%s", folder ? "folder" : "file", option_value_quote(quoted, path),
            whole ? "; did you mean " : "", whole ? option_value_quote(near, whole) : "", whole ? "?" : "");
    arena_fini(&arena);
    names_fini(&names);
    return ERR_USAGE;
}

static enum err_code check_path(const char *path, bool folder, struct err *err)
{
    char quoted[OPTION_VALUE_SHOWN];
    struct stat status;
    option_value_quote(quoted, path);
    if (!*path)
        return err_set(err, ERR_USAGE, "the name of a %s is empty", folder ? "folder" : "file");
    if (stat(path, &status) != 0)
        return errno == ENOENT ? not_there(path, folder, err)
                               : err_set(err, ERR_USAGE, "%s: %s", quoted, strerror(errno));
    if (folder && !S_ISDIR(status.st_mode))
        return err_set(err, ERR_USAGE, "%s is a file, not a folder", quoted);
    if (!folder && S_ISDIR(status.st_mode))
        return err_set(err, ERR_USAGE, "%s is a folder, not a file", quoted);
    if (access(path, R_OK) != 0)
        return err_set(err, ERR_USAGE, "%s cannot be read: %s", quoted, strerror(errno));
    return ERR_OK;
}

/* ---- names */

static bool is_path(const char *value)
{
    size_t len = strlen(value);
    return strchr(value, '/') || (len > 5 && strcmp(value + len - 5, ".json") == 0) || access(value, F_OK) == 0;
}

enum err_code option_value_wrong_name(const char *noun, const char *name, const struct names *names,
                                      const char *listing, struct err *err)
{
    char hint[NEAREST_HINT_MAX], quoted[OPTION_VALUE_SHOWN];
    nearest_hint(hint, name, names->items, names->count);
    bool told = !listing || names->count <= NEAREST_MAX_LISTED;
    return err_set(err, ERR_USAGE, "there is no %s %s%s%s%s%s", noun, option_value_quote(quoted, name), hint,
                   told    ? ""
                   : *hint ? " "
                           : "; ",
                   told ? "" : listing, told ? "" : " lists them");
}

static enum err_code check_name(const struct option_value *rule, const char *value, struct err *err)
{
    struct names names;
    enum err_code code = ERR_OK;
    names_init(&names);
    rule->names(&names);
    if (!names_have(&names, value)) {
        if (rule->kind == OPTION_NAME_OR_FILE && is_path(value))
            code = check_path(value, false, err);
        else
            code = option_value_wrong_name(rule->noun, value, &names, rule->listing, err);
    }
    names_fini(&names);
    return code;
}

static enum err_code check(uint64_t *number, const struct option_value *rule, const char *value, struct err *err)
{
    char host[256];
    uint16_t port;
    switch (rule->kind) {
    case OPTION_NUMBER:
        return check_number(number, rule, value, err);
    case OPTION_CHOICE:
    case OPTION_NAME_OR_FILE:
        return check_name(rule, value, err);
    case OPTION_ADDRESS:
        return address_parse(host, sizeof host, &port, value, err);
    case OPTION_INPUT:
        return rule->standard && strcmp(value, "-") == 0 ? ERR_OK : check_path(value, false, err);
    case OPTION_FOLDER:
        return check_path(value, true, err);
    case OPTION_OUTPUT:
        return *value ? ERR_OK : err_set(err, ERR_USAGE, "the name of a file is empty");
    case OPTION_FLAG:
    case OPTION_SHOW:
    case OPTION_TEXT:
    case OPTION_CASE:
    case OPTION_GLOB:
        break;
    }
    return ERR_OK;
}

enum err_code option_value_check(uint64_t *number, const struct option_value *rule, const char *value, struct err *err)
{
    enum err_code code = check(number, rule, value, err);
    if (code != ERR_OK && rule->label)
        err_prefix(err, "%s", rule->label);
    return code;
}
