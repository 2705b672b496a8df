/* What the program says about itself: version, commit, compilers, libraries. */
#include "shy_config.h"

#include "app/version.h"

#include "shihyo/data.h"
#include "shihyo/linalg.h"
#include "shihyo/par.h"
#include "shihyo/tile.h"
#include "shy_commit.h"

const char *shy_version_text(void)
{
    return "shihyo " PACKAGE_VERSION " (commit " SHY_COMMIT ")";
}

void shy_version_print(FILE *stream)
{
    char text[512];

    fprintf(stream, "%s\n", shy_version_text());
    fprintf(stream, "compiler   %s, called as %s\n", SHY_COMPILER, SHY_COMPILER_COMMAND);
    fprintf(stream, "           %s (%s)\n", SHY_COMPILER_FLAGS, SHY_BUILD_HOST);
    shy_par_describe(text, sizeof text);
    fprintf(stream, "MPI        %s\n", text);
    shy_linalg_describe(text, sizeof text);
    fprintf(stream, "algebra    %s\n", text);
    shy_data_describe(text, sizeof text);
    fprintf(stream, "files      %s\n", text);
    shy_tile_describe(text, sizeof text);
    fprintf(stream, "kernels    %s\n", text);
}
