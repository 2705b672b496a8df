/* vega.c: Vega as one script. Debian has no bundle of it but modules that ask for each other by `define`, in the order in which they stand here. */
#include "shy_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "page/vega.h"

static const char *const modules[] = {
    "vega-util", "vega-time", "vega-format", "vega-loader", "vega-dataflow", "vega-scale", "vega-statistics", "vega-canvas", "vega-scenegraph", "vega-expression",
    "vega-selection", "vega-event-selector", "vega-functions", "vega-encode", "vega-transforms", "vega-view-transforms", "vega-runtime", "vega-parser", "vega-view",
    "vega-interpreter",
};
enum { MODULES = sizeof modules / sizeof *modules };

/* `define` as the modules know it, seen by nobody else. One of them asks for a neighbour by an older name. */
static const char before[] =
    "\"use strict\";\n"
    "const vega = (() => {\n"
    "const modules = {};\n"
    "let loading = \"\";\n"
    "function define(names, factory) {\n"
    "  const found = {};\n"
    "  factory(...names.map((name) => name === \"exports\" ? found : modules[name === \"vega-selections\" ? \"vega-selection\" : name]));\n"
    "  modules[loading] = found;\n"
    "}\n"
    "define.amd = true;\n";

/* What the package's own entry point does with them. */
static const char after[] =
    "for (const name of [\"vega-transforms\", \"vega-view-transforms\", \"vega-encode\"]) Object.assign(modules[\"vega-dataflow\"].transforms, modules[name]);\n"
    "return Object.assign({}, ...Object.values(modules));\n"
    "})();\n";

static const char *find_directory(const char *asked)
{
    const char *set = getenv("SHY_VEGA");

    if (asked != NULL) return asked;
    return set != NULL && *set != '\0' ? set : SHY_VEGA_DIRECTORY;
}

static shy_status fail_missing(const char *path)
{
    return shy_fail(SHY_IO, "%s: %s. Charts are drawn by Vega, which Debian's package libjs-vega has; where it is elsewhere, give its directory: --vega DIR.", path,
                    strerror(errno));
}

static shy_status read_file(const char *path, shy_buffer *text)
{
    FILE *file = fopen(path, "r");
    char part[1 << 14];
    size_t count;
    bool failed;

    if (file == NULL) return fail_missing(path);
    while ((count = fread(part, 1, sizeof part, file)) > 0) shy_buffer_add(text, part, count);
    failed = ferror(file) != 0;
    fclose(file);
    return failed ? fail_missing(path) : text->status;
}

/* In a script "</script" ends it and "<!--" changes what ends it; both can stand in texts and patterns only, where "\/" and "\!" mean the same. */
static void add_script(const char *text, shy_buffer *out)
{
    for (; *text != '\0'; text++) {
        shy_buffer_add(out, text, 1);
        if (strncasecmp(text, "</script", 8) == 0 || strncmp(text, "<!--", 4) == 0) shy_buffer_text(out, "\\");
    }
}

/* The last line names a file for debuggers, which would ask the network for it. */
static void cut_source_map(char *text)
{
    char *line = strstr(text, "//# sourceMappingURL=");
    if (line != NULL) *line = '\0';
}

static shy_status add_module(const char *directory, const char *module, shy_buffer *out)
{
    shy_status st = SHY_OK;
    char *path = NULL;
    shy_buffer text = {0};

    SHY_TRY(shy_string_format(&path, "%s/%s.min.js", directory, module));
    SHY_TRY(read_file(path, &text));
    shy_buffer_text(&text, "\n");
    SHY_TRY(text.status);
    cut_source_map(text.bytes);
    shy_buffer_format(out, "loading = \"%s\";\n", module);
    add_script(text.bytes, out);
out:
    shy_buffer_free(&text);
    shy_free(&path);
    return st;
}

shy_status shy_vega_script(const char *directory, shy_buffer *out)
{
    shy_status st = SHY_OK;

    shy_buffer_text(out, before);
    for (int k = 0; k < MODULES; k++) SHY_TRY(add_module(find_directory(directory), modules[k], out));
    shy_buffer_text(out, after);
    st = out->status;
out:
    return st;
}
