/* What a subcommand says about itself: its options, its arguments and its texts, as tables. One table gives the parsing
 * of the command line (options.h), `--help` (help.h), the manual page (manual.h) and the completion of shells
 * (completion.h). Texts are plain sentences without line breaks; `x` in backquotes is something to type. */
#ifndef TRANSCHECK_CLI_COMMAND_H
#define TRANSCHECK_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/err.h"
#include "harness/cli/names.h"

/* What a value is: how it is checked, where it goes, and what a shell completes it with. */
enum option_kind {
    OPTION_FLAG,         /* no value; a bool becomes true */
    OPTION_SHOW,         /* no value; `show` prints something, and the command ends */
    OPTION_TEXT,         /* anything */
    OPTION_NUMBER,       /* a uint64_t from `min` to `max`; all other kinds are texts, const char * */
    OPTION_CHOICE,       /* one of `names` */
    OPTION_NAME_OR_FILE, /* one of `names`, or a file as OPTION_INPUT, which holds a '/', ends in .json, or is there */
    OPTION_CASE,         /* the id of a case; the command checks it, which knows the cases */
    OPTION_GLOB,         /* a pattern of such ids */
    OPTION_ADDRESS,      /* ADDR:PORT */
    OPTION_INPUT,        /* a file that is there and can be read; - is standard input where `standard` says so */
    OPTION_FOLDER,       /* a folder that is there */
    OPTION_OUTPUT        /* a file to write; - is standard output */
};

struct option_row {
    const char *name;  /* without its dashes */
    const char *value; /* what --help calls the value: "NAME|FILE"; NULL where there is none */
    const char *text;
    const char *noun; /* of a name: "profile", for "there is no profile 'x'" */
    const char *with; /* the name of another option without which this one means nothing, or NULL */
    enum option_kind kind;
    bool required;
    bool repeats;  /* may be given again; of any other the last one counts */
    bool standard; /* - is standard input */
    uint64_t min, max;
    names_fn *names;
    const char *listing; /* what prints the names when they are many, or NULL */
    /* Takes the value, after it was checked, in place of its being stored; `target` is what `offset` points at. */
    enum err_code (*take)(void *target, const char *value, struct err *err);
    int (*show)(void); /* returns the exit code */
    size_t offset;     /* of the target in the values of the command: OPTION_TO_TEXT and so on */
};

/* `.offset = ...` of a member, which must have the type that the kind of the option stores. */
#define OPTION_TO(type, member, wanted)                                                                                \
    .offset = offsetof(type, member) + 0 * sizeof((wanted *)0 == &((type *)0)->member)
#define OPTION_TO_FLAG(type, member)   OPTION_TO(type, member, bool)
#define OPTION_TO_TEXT(type, member)   OPTION_TO(type, member, const char *)
#define OPTION_TO_NUMBER(type, member) OPTION_TO(type, member, uint64_t)

/* Options under one title; a command shares a group with others by giving the place of its values. */
struct option_group {
    const char *title;             /* or NULL */
    const struct option_row *rows; /* ended by a NULL name */
    size_t offset;                 /* of the values of this group in those of the command */
};

struct argument_row {
    const char *name; /* "CASE-ID" */
    const char *what; /* "the id of a case", for "the id of a case is missing" */
    enum option_kind kind;
    const char *noun; /* as of an option */
    names_fn *names;
    bool optional;
    bool repeats;  /* the last row only */
    bool standard; /* - is standard input */
};

struct command {
    const char *name;
    const char *summary;                  /* one line of `transcheck --help` */
    const char *examples;                 /* lines, each ended */
    const char *const *usages;            /* what follows the name, ended by NULL */
    const char *about;                    /* paragraphs, with an empty line between them */
    const struct option_group *groups;    /* ended by NULL rows; or NULL */
    const struct argument_row *arguments; /* ended by a NULL name; or NULL */
    const char *notes;                    /* paragraphs behind the options, or NULL */
    const char *exits;                    /* the exit codes: "0 written; 2 usage, ..." */
    int (*run)(int argc, char **argv);    /* argv[0] is the name; returns the exit code */
};

#endif
