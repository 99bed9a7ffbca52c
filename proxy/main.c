/* SPDX-License-Identifier: Apache-2.0 */
/* The command table. Start at main(). */
#include "proxy/commands.h"

#include "base/str.h"
#include "cli/options.h"

#include <stdio.h>

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
};

static const struct command commands[] = {
    {"exec", cmd_exec, "run one command behind the proxy, then a summary"},
    {"serve", cmd_serve, "the proxy as a long-running service"},
    {"lag", cmd_lag, "eventual consistency in front of an emulator"},
    {"check", cmd_check, "validate rule files and recordings"},
    {"explain", cmd_explain, "what is read back, how often, how long"},
    {"convert", cmd_convert, "recordings: vcrpy cassettes, HAR 1.2, ours"},
    {"report", cmd_report, "what happened, as text or as one HTML page"},
    {"policy", cmd_policy, "the least IAM policy the read-backs need"},
    {"version", cmd_version, "print the version"},
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void print_usage(FILE *out)
{
    (void)fprintf(out,
                  "settled: a proxy that holds AWS's answer until the change "
                  "is visible.\n\n"
                  "Usage: settled COMMAND [OPTIONS]\n\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        (void)fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].help);
    }
    (void)fprintf(out, "\nTry: settled exec -- aws ssm put-parameter ...\n"
                       "`settled COMMAND --help` tells more.\n");
}

static int unknown(const char *word)
{
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++) {
        names[i] = commands[i].name;
    }
    struct str near = option_nearest(str_of(word), names, COMMANDS);
    (void)fprintf(stderr, "settled: there is no command %s", word);
    if (near.len > 0) {
        (void)fprintf(stderr, "; did you mean %.*s?", STR_ARG(near));
    }
    (void)fprintf(stderr, "\n");
    return 2;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return 2;
    }
    struct str word = str_of(argv[1]);
    if (str_eq(word, STR("--help")) || str_eq(word, STR("-h")) ||
        str_eq(word, STR("help"))) {
        print_usage(stdout);
        return 0;
    }
    if (str_eq(word, STR("--version"))) {
        return cmd_version(argc - 1, argv + 1);
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (str_eq(word, str_of(commands[i].name))) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    return unknown(argv[1]);
}
