/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "dm/privilege.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dm/options.h"

static int find_user(const char *user, uid_t *uid, gid_t *gid,
                     struct cfg_err *err)
{
    const struct passwd *pw;
    unsigned u, g;
    int end = 0;

    if (sscanf(user, "%u:%u%n", &u, &g, &end) == 2 && !user[end]) {
        *uid = u;
        *gid = g;
        return 0;
    }
    pw = getpwnam(user);
    if (!pw)
        return err_set(err, -ENOENT,
                       "-run-with user=%.100s: expected a user's name or "
                       "UID:GID",
                       user);
    *uid = pw->pw_uid;
    *gid = pw->pw_gid;
    return 0;
}

int privilege_drop(struct opts *run_with, struct cfg_err *err)
{
    const char *user = opts_get(run_with, "user");
    const char *dir = opts_get(run_with, "chroot");
    uid_t uid = 0;
    gid_t gid = 0;
    int rc;

    if (user && (rc = find_user(user, &uid, &gid, err)))
        return rc;
    if (dir && (chroot(dir) || chdir("/")))
        return err_set(err, -errno, "-run-with chroot=%.200s: %s", dir,
                       strerror(errno));
    if (!user)
        return 0;
    /* Also the groups of whoever started us: they open doors too. */
    if (setgroups(1, &gid) || setresgid(gid, gid, gid) ||
        setresuid(uid, uid, uid))
        return err_set(err, -errno, "-run-with user=%.100s: %s", user,
                       strerror(errno));
    if (uid && !setuid(0))
        return err_set(err, -EPERM,
                       "-run-with user=%.100s: the rights came back", user);
    return 0;
}
