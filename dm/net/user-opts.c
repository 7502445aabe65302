/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/net/user-opts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/options.h"

static int parse_ip(const char *key, const char *s, struct in_addr *out,
                    struct cfg_err *err)
{
    if (inet_pton(AF_INET, s, out) == 1)
        return 0;
    return err_set(err, -EINVAL, "%s=%s: expected an IPv4 address", key, s);
}

/* ADDR, ADDR/BITS or ADDR/MASK */
static int parse_net(const char *s, SlirpConfig *cfg, struct cfg_err *err)
{
    const char *slash = strchr(s, '/');
    char addr[INET_ADDRSTRLEN];
    size_t len = slash ? (size_t)(slash - s) : strlen(s);
    uint64_t bits = 24;
    uint32_t mask;

    if (len < sizeof(addr)) {
        memcpy(addr, s, len);
        addr[len] = '\0';
        if (inet_pton(AF_INET, addr, &cfg->vnetwork) == 1) {
            if (!slash || !parse_u64(slash + 1, 32, &bits))
                cfg->vnetmask.s_addr =
                    htonl(bits ? UINT32_MAX << (32 - bits) : 0);
            else if (inet_pton(AF_INET, slash + 1, &cfg->vnetmask) != 1)
                bits = 0;
            mask = ntohl(cfg->vnetmask.s_addr);
            cfg->vnetwork.s_addr &= cfg->vnetmask.s_addr;
            if (bits >= 4 && mask && !(~mask & (~mask + 1)) && ~mask >= 3)
                return 0;
        }
    }
    return err_set(err, -EINVAL,
                   "net=%s: expected ADDRESS/BITS with 4 to 30 bits", s);
}

static bool in_net(const SlirpConfig *cfg, struct in_addr a)
{
    return (a.s_addr & cfg->vnetmask.s_addr) == cfg->vnetwork.s_addr;
}

/* An address in the virtual network, by default its nth. */
static int host_in_net(struct opts *opts, const char *key, uint32_t nth,
                       const SlirpConfig *cfg, struct in_addr *out,
                       struct cfg_err *err)
{
    const char *s = opts_get(opts, key);

    if (!s) {
        uint32_t host = nth & ~ntohl(cfg->vnetmask.s_addr);

        out->s_addr = cfg->vnetwork.s_addr | htonl(host);
        return 0;
    }
    if (parse_ip(key, s, out, err))
        return -EINVAL;
    if (!in_net(cfg, *out))
        return err_set(err, -EINVAL,
                       "%s=%s: expected an address in the virtual network", key,
                       s);
    return 0;
}

static int parse_ipv4(struct opts *opts, SlirpConfig *cfg, struct cfg_err *err)
{
    const char *net = opts_get(opts, "net");
    int rc;

    rc = parse_net(net ? net : "10.0.2.0/24", cfg, err);
    if (!rc)
        rc = host_in_net(opts, "host", 2, cfg, &cfg->vhost, err);
    if (!rc)
        rc = host_in_net(opts, "dns", 3, cfg, &cfg->vnameserver, err);
    if (!rc)
        rc = host_in_net(opts, "dhcpstart", 15, cfg, &cfg->vdhcp_start, err);
    if (!rc && cfg->vhost.s_addr == cfg->vnameserver.s_addr)
        rc = err_set(err, -EINVAL, "expected host= and dns= to differ");
    return rc;
}

static int parse_ip6(struct opts *opts, const char *key, const char *def,
                     struct in6_addr *out, struct cfg_err *err)
{
    const char *s = opts_get(opts, key);

    if (inet_pton(AF_INET6, s ? s : def, out) == 1)
        return 0;
    return err_set(err, -EINVAL, "%s=%s: expected an IPv6 address", key, s);
}

static int parse_ipv6(struct opts *opts, SlirpConfig *cfg, struct cfg_err *err)
{
    const char *net = opts_get(opts, "ipv6-net");
    char addr[INET6_ADDRSTRLEN], host[INET6_ADDRSTRLEN] = "",
                                 dns[INET6_ADDRSTRLEN] = "";
    uint64_t bits = 64;
    struct in6_addr a;
    char *slash;
    int rc;

    snprintf(addr, sizeof(addr), "%s", net ? net : "fec0::");
    slash = strchr(addr, '/');
    if (slash)
        *slash = '\0';
    if ((slash && parse_u64(slash + 1, 126, &bits)) || !bits ||
        inet_pton(AF_INET6, addr, &cfg->vprefix_addr6) != 1)
        return err_set(err, -EINVAL,
                       "ipv6-net=%s: expected PREFIX/BITS with 1 to 126 bits",
                       net);
    cfg->vprefix_len = (uint8_t)bits;
    a = cfg->vprefix_addr6;
    a.s6_addr[15] |= 2;
    inet_ntop(AF_INET6, &a, host, sizeof(host));
    a.s6_addr[15] |= 3;
    inet_ntop(AF_INET6, &a, dns, sizeof(dns));
    rc = parse_ip6(opts, "ipv6-host", host, &cfg->vhost6, err);
    if (!rc)
        rc = parse_ip6(opts, "ipv6-dns", dns, &cfg->vnameserver6, err);
    return rc;
}

/* A string libslirp has room for. */
static int parse_string(struct opts *opts, const char *key, size_t max,
                        const char **out, struct cfg_err *err)
{
    *out = opts_get(opts, key);
    if (*out && strlen(*out) > max)
        return err_set(err, -EINVAL, "%s=%s: expected at most %zu characters",
                       key, *out, max);
    return 0;
}

/* All values of a key that may come several times, NULL at the end. */
static int collect(struct opts *opts, const char *key, const char ***out)
{
    size_t n = 1;

    *out = NULL;
    if (!opts_get(opts, key))
        return 0;
    for (struct opt *o = opts->first; o; o = o->next)
        n++;
    *out = calloc(n, sizeof(**out));
    if (!*out)
        return -ENOMEM;
    n = 0;
    for (struct opt *o = opts->first; o; o = o->next)
        if (!strcmp(o->key, key))
            (*out)[n++] = o->value;
    return 0;
}

int user_parse(struct opts *opts, SlirpConfig *cfg, const char ***search,
               struct cfg_err *err)
{
    bool ipv4 = true, ipv6 = true, restricted = false;
    int rc;

    *search = NULL;
    if (opts_get_bool(opts, "ipv4", &ipv4, err) ||
        opts_get_bool(opts, "ipv6", &ipv6, err) ||
        opts_get_bool(opts, "restrict", &restricted, err))
        return -EINVAL;
    if (!ipv4 && !ipv6)
        return err_set(err, -EINVAL, "expected one of ipv4 and ipv6 on");
    if (opts_get(opts, "guestfwd"))
        return err_set(err, -EINVAL,
                       "guestfwd=: hvmd runs no program for a guest; expected "
                       "hostfwd= or a service of the host at host=");
    if (opts_get(opts, "smb"))
        return err_set(err, -EINVAL, "smb=: hvmd starts no file server");

    cfg->version = 1;
    cfg->restricted = restricted;
    cfg->in_enabled = ipv4;
    cfg->in6_enabled = ipv6;
    rc = parse_ipv4(opts, cfg, err);
    if (!rc)
        rc = parse_ipv6(opts, cfg, err);
    if (!rc)
        rc = parse_string(opts, "hostname", 32, &cfg->vhostname, err);
    if (!rc)
        rc = parse_string(opts, "domainname", 255, &cfg->vdomainname, err);
    if (!rc)
        rc = parse_string(opts, "tftp", 4000, &cfg->tftp_path, err);
    if (!rc)
        rc = parse_string(opts, "bootfile", 127, &cfg->bootfile, err);
    if (!rc)
        rc = parse_string(opts, "tftp-server-name", 255, &cfg->tftp_server_name,
                          err);
    if (!rc && collect(opts, "dnssearch", search))
        rc = err_set(err, -ENOMEM, "no memory");
    cfg->vdnssearch = *search;
    return rc;
}

/* "[ADDR]:PORT" */
static bool parse_end(const char *s, size_t len, struct in_addr *addr,
                      uint16_t *port, bool port0)
{
    char buf[INET_ADDRSTRLEN + 8], *colon;
    uint64_t n;

    if (len >= sizeof(buf))
        return false;
    memcpy(buf, s, len);
    buf[len] = '\0';
    colon = strchr(buf, ':');
    if (!colon)
        return false;
    *colon = '\0';
    addr->s_addr = 0;
    if (*buf && inet_pton(AF_INET, buf, addr) != 1)
        return false;
    if (parse_u64(colon + 1, UINT16_MAX, &n) || (!n && !port0))
        return false;
    *port = (uint16_t)n;
    return true;
}

int user_parse_fwd(const char *text, struct user_fwd *fwd, struct cfg_err *err)
{
    const char *host = strchr(text, ':');
    const char *dash = host ? strchr(host, '-') : NULL;
    size_t proto = host ? (size_t)(host - text) : 0;

    fwd->udp = proto == 3 && !strncmp(text, "udp", 3);
    if (dash &&
        (!proto || fwd->udp || (proto == 3 && !strncmp(text, "tcp", 3))) &&
        parse_end(host + 1, (size_t)(dash - host - 1), &fwd->host,
                  &fwd->host_port, true) &&
        parse_end(dash + 1, strlen(dash + 1), &fwd->guest, &fwd->guest_port,
                  false))
        return 0;
    return err_set(err, -EINVAL,
                   "hostfwd=%s: expected [tcp|udp]:[HOST]:PORT-[GUEST]:PORT "
                   "with IPv4 addresses",
                   text);
}
