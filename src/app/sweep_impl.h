/** sweep_impl: what the readers of a sweep share. */
#ifndef SHIHYO_APP_SWEEP_IMPL_H
#define SHIHYO_APP_SWEEP_IMPL_H

#include <yaml.h>

#include "app/sweep.h"

#define WHERE_BYTES 4096

typedef struct {
    const char *path, *text;
    size_t length;
    yaml_document_t document;
    shy_sweep sweep;
    yaml_node_t *base, *grid, *list, *name, *job; /* NULL: not there */
    double combinations;                          /* of the grid */
} shy_sweep_reader;

/** "sweep.yaml:7:12", into WHERE_BYTES bytes. Returns them. */
const char *shy_sweep_position(const shy_sweep_reader *reader, const yaml_node_t *node, char *where);
const char *shy_sweep_word_of(const yaml_node_t *node); /* "" if it is no scalar */
yaml_node_t *shy_sweep_at(shy_sweep_reader *reader, int node);
/** The shapes of grid and list, and that they do not give too many tasks. */
shy_status shy_sweep_count(shy_sweep_reader *reader);
shy_status shy_sweep_read_changes(shy_sweep_reader *reader);
void shy_sweep_change_free(shy_sweep_change *change);

#endif
