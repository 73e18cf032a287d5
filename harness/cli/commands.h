/* The subcommands, one file each: argv[0] is the command's name. Each returns the exit code. */
#ifndef TRANSCHECK_CLI_COMMANDS_H
#define TRANSCHECK_CLI_COMMANDS_H

int cmd_run(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_reference(int argc, char **argv);
int cmd_backend(int argc, char **argv);
int cmd_descriptors(int argc, char **argv);
int cmd_config(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_convert(int argc, char **argv);
int cmd_route(int argc, char **argv);

#endif
