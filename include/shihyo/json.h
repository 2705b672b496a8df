/**
 * json: JSON documents read and written the same way everywhere. A thin layer over jansson.
 *
 * Floor 1. Nothing here is collective.
 */
#ifndef SHIHYO_JSON_H
#define SHIHYO_JSON_H

#include <jansson.h>

#include "shihyo/base.h"

const char *shy_json_word(const json_t *object, const char *key); /* "" if there is none; borrowed */
uint64_t shy_json_count(const json_t *object, const char *key);   /* 0 if there is none */
double shy_json_number(const json_t *object, const char *key, double otherwise);

json_t *shy_json_real(double value); /* null if it is none: JSON has no NaN */
/** A text as a JSON value: null for NULL, bytes that are not UTF-8 become '?'. NULL if memory runs out. */
json_t *shy_json_string(const char *bytes);
/**
 * A JSON value as text: numbers in their shortest exact form, keys in the order of insertion, values up to the size of one
 * formula on one line.
 */
void shy_json_text(const json_t *value, shy_buffer *buffer);
/** Puts the value into the object, or at the end of the list, which then owns it, on failure too. SHY_MEMORY if there is none, as when memory ran out. */
shy_status shy_json_put(json_t *object, const char *key, json_t *value);
shy_status shy_json_append(json_t *list, json_t *value);
json_t *shy_json_reals(const double *value, size_t count); /* a list; null for what is no number */
/** Adds the entries of an object to a JSON object; a name that is there already gets the new value in its old place. False if memory runs out. */
bool shy_json_add_record(json_t *object, const shy_record *record);
/** A file of a directory of results. SHY_IO if it is not there, SHY_INPUT with line and column if it is no JSON. Owned. */
shy_status shy_json_load(const char *directory, const char *name, json_t **document_out);

#endif
