/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/cmdline.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What libxl asks for by default or by a frequent line of xl.cfg. */
static const struct {
    const char *option;
    const char *device; /* NULL: refused whatever its value is but "none" */
    const char *line;
} asked[] = {
    {"-vnc", NULL, "vnc=0 and no vfb"},
    {"-device", "cirrus-vga", "vga=\"none\""},
    {"-device", "VGA", "vga=\"none\""},
    {"-device", "qxl-vga", "vga=\"none\""},
    {"-usb", NULL, "usb=0"},
    {"-usbdevice", NULL, "no usbdevice"},
};

static bool refused(unsigned i, const char *value)
{
    const char *device = asked[i].device;
    size_t len;

    if (!device)
        return strcmp(value, "none");
    len = strlen(device);
    return !strncmp(value, device, len) && (value[len] == ',' || !value[len]) &&
           !dev_class_find(device);
}

static void add(char *list, size_t size, const char *item)
{
    size_t len = strlen(list);

    if (!word_in_list(list, item))
        snprintf(list + len, size - len, "%s%s", len ? ", " : "", item);
}

int cmdline_check_libxl(int n, const char *const *words, struct cfg_err *err)
{
    char lines[256] = "", what[256] = "";
    bool libxl = false;
    unsigned i;
    int w;

    for (w = 0; w < n; w++) {
        libxl |= !strcmp(words[w], "-xen-domid");
        for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
            if (!strcmp(words[w], asked[i].option) &&
                refused(i, w + 1 < n ? words[w + 1] : "")) {
                add(lines, sizeof(lines), asked[i].line);
                add(what, sizeof(what),
                    asked[i].device ? asked[i].device : asked[i].option);
            }
        }
    }
    if (!libxl || !*what)
        return 0;
    return err_set(err, -EINVAL, "xl.cfg: expected %s (not there yet: %s)",
                   lines, what);
}
