/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client of the in-process xenstore, for tests: requests and what comes of
 * them as text. "|" stands for a NUL, so READ is asked with "path|".
 */
#ifndef HVMD_TESTS_LIB_XS_CLIENT_H
#define HVMD_TESTS_LIB_XS_CLIENT_H

#include "kvm/xenemu/xs-priv.h"

struct xs_client {
    struct xs_wire wire;
    char reply[2 * XS_PAYLOAD_MAX];
    char events[1 << 20]; /* "path|token|;" each, since it was emptied */
    uint32_t req_id;
};

struct xs_client *xs_client_new(struct xenstore *s, uint32_t domid);
void xs_client_free(struct xs_client *c);
/* type: "READ", or a number. The payload of the reply, for an error its name.
 * Valid until the next one. NULL: there was none. */
const char *xs_ask(struct xs_client *c, uint32_t tx, const char *type,
                   const char *payload);
/* The same with bytes as they are. */
const char *xs_ask_raw(struct xs_client *c, uint32_t tx, uint32_t type,
                       const void *payload, size_t len);
/* The events so far; they are forgotten with the next call. */
const char *xs_events(struct xs_client *c);
/* Number of a request, -1: none has this name. Name of a number, or "?". */
int64_t xs_type(const char *name);
const char *xs_type_name(uint32_t type);

/* Asserts that the tree is one, and that what is counted is what there is. */
void xs_check(struct xenstore *s);

#endif
