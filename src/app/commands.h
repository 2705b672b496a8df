/** commands: the subcommands of the program. Each takes its own argv (argv[0] is its name) and returns the exit status. */
#ifndef SHIHYO_APP_COMMANDS_H
#define SHIHYO_APP_COMMANDS_H

int shy_cmd_import(int argc, char **argv);
int shy_cmd_inspect(int argc, char **argv);
int shy_cmd_search(int argc, char **argv);
int shy_cmd_resume(int argc, char **argv);
int shy_cmd_report(int argc, char **argv);
int shy_cmd_show(int argc, char **argv);
int shy_cmd_report(int argc, char **argv);
int shy_cmd_sweep(int argc, char **argv);
int shy_cmd_collect(int argc, char **argv);
int shy_cmd_top(int argc, char **argv);
int shy_cmd_validate(int argc, char **argv);
int shy_cmd_predict(int argc, char **argv);
int shy_cmd_explain(int argc, char **argv);
int shy_cmd_export(int argc, char **argv);

#endif
