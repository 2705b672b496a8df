/* progress.c: a bar on a terminal, a plain line at a steady interval in a log. */
#include "shy_config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/progress.h"
#include "shihyo/report.h"

#define BAR_CELLS 20
#define LINE_BYTES 1024

char *shy_meter_duration(double seconds, char *out)
{
    if (!(seconds >= 0) || seconds > 1e12) return strcpy(out, "unknown");
    if (seconds < 9.95)
        snprintf(out, 32, "%.1f s", seconds);
    else if (seconds < 59.5)
        snprintf(out, 32, "%.0f s", seconds);
    else if (seconds < 3570)
        snprintf(out, 32, "%.0f min %02.0f s", floor((seconds + 0.5) / 60), fmod(floor(seconds + 0.5), 60));
    else if (seconds < 172800)
        snprintf(out, 32, "%.0f h %02.0f min", floor((seconds + 30) / 3600), floor(fmod(seconds + 30, 3600) / 60));
    else
        snprintf(out, 32, "%.1f days", seconds / 86400);
    return out;
}

char *shy_meter_count(double count, char *out)
{
    static const struct {
        double unit;
        const char *name;
    } units[] = {{1e12, "trillion"}, {1e9, "billion"}, {1e6, "million"}};

    if (!(count >= 0) || count >= 1e15) {
        snprintf(out, 32, "%.3g", count);
        return out;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (count >= 0.9995 * units[i].unit) {
            snprintf(out, 32, "%.3g %s", count / units[i].unit, units[i].name);
            return out;
        }
    return shy_text_thousands((uint64_t)(count + 0.5), out);
}

char *shy_meter_bytes(double bytes, char *out)
{
    if (bytes < 0x1p20)
        snprintf(out, 32, "%.0f KiB", bytes / 0x1p10);
    else if (bytes < 0x1p30)
        snprintf(out, 32, "%.0f MiB", bytes / 0x1p20);
    else
        snprintf(out, 32, "%.1f GiB", bytes / 0x1p30);
    return out;
}

void shy_meter_start(shy_meter *meter, FILE *stream, int columns, double interval)
{
    *meter = (shy_meter){.stream = stream, .interval = interval, .started = shy_time_seconds(), .width = columns};
}

/* What is left if the rest goes as fast as what is done; nothing can be said at the very start. */
static const char *time_left(const shy_progress *now, char *out)
{
    if (now->fraction < 1e-3 || now->seconds < 0.5) return "time left unknown";
    char text[32];
    snprintf(out, 64, "%s left", shy_meter_duration(now->seconds * (1 - now->fraction) / now->fraction, text));
    return out;
}

static void rate(const shy_progress *now, char *out)
{
    char text[32];
    snprintf(out, 64, "%s formulas/s", shy_meter_count(now->seconds > 0 ? now->formulas / now->seconds : 0, text));
}

static void best(const shy_progress *now, char *out, size_t size)
{
    if (now->best_formula == NULL || *now->best_formula == '\0')
        snprintf(out, size, "nothing found yet");
    else
        snprintf(out, size, "best so far %s (r\xc2\xb2 %.4f)", now->best_formula, now->best_statistic);
}

void shy_meter_cut(char *text, int columns)
{
    char *end = text + strlen(text);

    while (shy_text_width(text) > columns && end > text) {
        do
            end--;
        while (end > text && ((unsigned char)*end & 0xc0) == 0x80);
        *end = '\0';
    }
}

static double clamp(double fraction)
{
    return fraction > 1 ? 1 : fraction >= 0 ? fraction : 0;
}

/* A stage of the validation has no speed and no best formula of its own: it is named, with the time of the whole run. */
static double seconds_of(const shy_meter *meter, const shy_progress *now)
{
    return now->stage != NULL ? shy_time_seconds() - meter->started : now->seconds;
}

static void show_bar(shy_meter *meter, const shy_progress *now)
{
    char line[LINE_BYTES], speed[64], left[64], found[LINE_BYTES / 2], cells[BAR_CELLS + 1];
    int done = (int)(clamp(now->fraction) * BAR_CELLS);

    for (int i = 0; i < BAR_CELLS; i++)
        cells[i] = i < done ? '#' : '.';
    cells[BAR_CELLS] = '\0';
    rate(now, speed);
    best(now, found, sizeof found);
    if (now->stage != NULL) snprintf(line, sizeof line, "[%s] %3.0f%%  validation: %s", cells, 100 * clamp(now->fraction), now->stage);
    else snprintf(line, sizeof line, "[%s] %3.0f%%  %s  %s  %s", cells, 100 * clamp(now->fraction), speed,
             time_left(now, left), found);
    shy_meter_cut(line, meter->width - 1);
    int width = shy_text_width(line);
    fprintf(meter->stream, "\r%s%*s", line, meter->drawn > width ? meter->drawn - width : 0, "");
    fflush(meter->stream);
    meter->drawn = width;
}

static void show_line(shy_meter *meter, const shy_progress *now)
{
    char speed[64], left[64], found[LINE_BYTES / 2], count[32], duration[32];

    if (seconds_of(meter, now) < meter->last + meter->interval) return;
    meter->last = seconds_of(meter, now);
    if (now->stage != NULL) {
        fprintf(meter->stream, "Validation after %s: %s, %.0f%% done\n", shy_meter_duration(meter->last, duration), now->stage, 100 * clamp(now->fraction));
        fflush(meter->stream);
        return;
    }
    rate(now, speed);
    best(now, found, sizeof found);
    fprintf(meter->stream, "%.1f%% done after %s: %s formulas, %s, %s, %s\n", 100 * clamp(now->fraction),
            shy_meter_duration(now->seconds, duration), shy_meter_count(now->formulas, count), speed,
            time_left(now, left), found);
    fflush(meter->stream);
}

void shy_meter_show(void *context, const shy_progress *now)
{
    shy_meter *meter = context;

    if (meter->width > 0)
        show_bar(meter, now);
    else
        show_line(meter, now);
}

void shy_meter_end(shy_meter *meter)
{
    if (meter->stream == NULL || meter->drawn == 0) return;
    fprintf(meter->stream, "\r%*s\r", meter->drawn, "");
    fflush(meter->stream);
    meter->drawn = 0;
}
