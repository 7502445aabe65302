/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options of "user" as libslirp wants them. Strings point into opts.
 */
#ifndef HVMD_DM_NET_USER_OPTS_H
#define HVMD_DM_NET_USER_OPTS_H

#include <netinet/in.h>
#include <slirp/libslirp.h>
#include <stdbool.h>

#include "dm/err.h"

struct opt;
struct opts;

#define USER_KEYS                                                            \
    "id, net, host, dhcpstart, dns, restrict, hostname, domainname, "        \
    "dnssearch, ipv4, ipv6, ipv6-net, ipv6-host, ipv6-dns, tftp, bootfile, " \
    "tftp-server-name, hostfwd"

/* cfg: zeroed; *search: what cfg->vdnssearch points to, to be freed with
 * free(). -EINVAL with err set. */
int user_parse(struct opts *opts, SlirpConfig *cfg, const char ***search,
               struct cfg_err *err);

struct user_fwd {
    bool udp;
    struct in_addr host, guest; /* guest 0: the first DHCP address */
    uint16_t host_port, guest_port;
};
/* "[tcp|udp]:[HOST]:PORT-[GUEST]:PORT" */
int user_parse_fwd(const char *text, struct user_fwd *fwd, struct cfg_err *err);

#endif
