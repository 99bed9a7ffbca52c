/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of the program. Each gets argv with its own name at argv[0] and
 * returns the exit status. */
#ifndef PROXY_COMMANDS_H
#define PROXY_COMMANDS_H

int cmd_exec(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_lag(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_policy(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_convert(int argc, char **argv);
int cmd_version(int argc, char **argv);

#endif
