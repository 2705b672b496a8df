/* host.c: on which nodes the ranks are. */
#include "shy_config.h"

#include <string.h>
#include <unistd.h>

#include "par_impl.h"

const char *shy_par_host(void)
{
    static char name[64];

    if (name[0] == '\0') {
        if (gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') strcpy(name, "an unnamed node");
        name[strcspn(name, ".")] = '\0'; /* the domain is the same for all */
    }
    return name;
}

int shy_team_nodes(const shy_team *team)
{
    MPI_Comm node;
    int rank, first, nodes;

    MPI_Comm_split_type(team->world, MPI_COMM_TYPE_SHARED, team->rank, MPI_INFO_NULL, &node);
    MPI_Comm_rank(node, &rank);
    first = rank == 0;
    MPI_Allreduce(&first, &nodes, 1, MPI_INT, MPI_SUM, team->world);
    MPI_Comm_free(&node);
    return nodes;
}
