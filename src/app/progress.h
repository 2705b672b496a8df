/** progress: how a running search tells how far it is. */
#ifndef SHIHYO_APP_PROGRESS_H
#define SHIHYO_APP_PROGRESS_H

#include "shihyo/base.h"
#include "shihyo/search.h"

typedef struct {
    FILE *stream;
    double interval; /* seconds between plain lines */
    double last;     /* when the last plain line was printed, in seconds of the search */
    double started;  /* on the clock of shy_time_seconds */
    int drawn;       /* columns of the bar on the screen */
    int width;       /* of the terminal, 0 for plain lines */
} shy_meter;

/** A meter on `stream`: a bar of at most `columns`, or if that is 0 a line every `interval` seconds, the first after one interval. */
void shy_meter_start(shy_meter *meter, FILE *stream, int columns, double interval);
/** For shy_search_run: `context` is a shy_meter. */
void shy_meter_show(void *context, const shy_progress *now);
/** Wipes the bar off the screen. */
void shy_meter_end(shy_meter *meter);

/** "512 KiB", "1.2 GiB". `out` holds 32 bytes. Returns out. */
char *shy_meter_bytes(double bytes, char *out);
/** Cuts a text to `columns` on the screen, never inside a character. */
void shy_meter_cut(char *text, int columns);
/** "1 h 05 min", "3 min 20 s", "0.4 s". `out` holds 32 bytes. Returns out. */
char *shy_meter_duration(double seconds, char *out);
/** "1.2 million", "3.4e+15", "950". `out` holds 32 bytes. Returns out. */
char *shy_meter_count(double count, char *out);

#endif
