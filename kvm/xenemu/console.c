/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * console_io: what a guest says to Xen's console goes to the log. The console
 * that it has a login on is another, a ring of its own.
 */
#include "config.h"

#include "kvm/xenemu/xenemu-priv.h"

#define CONSOLEIO_write 0
#define CONSOLEIO_read 1
#define LINE 128

long hc_console_io(struct xcall *c)
{
    const uint64_t *arg = c->regs->arg;
    uint64_t left = (uint32_t)arg[1];

    if (arg[0] == CONSOLEIO_read)
        return 0;
    if (arg[0] != CONSOLEIO_write)
        return xcall_unknown(c, HC_console_io, arg[0]);
    for (uint64_t done = 0; done < left;) {
        char text[LINE];
        size_t n = left - done < LINE ? left - done : LINE, len = 0;

        /* an end to what one call can cost: the log's quota is not more */
        if (done > LINE * LOG_GUEST_MAX)
            break;
        if (xcall_get(c, arg[2] + done, text, n))
            return -XEN_EFAULT;
        while (len < n && text[len] != '\n')
            len++;
        for (size_t i = 0; i < len; i++)
            if (text[i] < ' ' || text[i] > '~')
                text[i] = '?';
        if (len)
            log_guest(&c->x->quota, "xen", "guest: %.*s", (int)len, text);
        done += len + (len < n);
    }
    return 0;
}
