/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QMP: the machine as a whole, its run state and processors. */
#include "config.h"

#include "dm/qmp-priv.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "dm/fdset.h"
#include "dm/char/chr.h"
#include "dm/dev.h"
#include "dm/machine.h"
#include "dm/migrate.h"

static json_t *query_version(struct qmp_call *call)
{
    return qmp_version();
}

static json_t *query_status(struct qmp_call *call)
{
    return json_pack("{s:b,s:b,s:s}", "running", call->vm->state == RUN_RUNNING,
                     "singlestep", 0, "status",
                     run_state_name(call->vm->state));
}

static json_t *query_name(struct qmp_call *call)
{
    const char *name = call->vm->cfg->name;

    return name ? json_pack("{s:o}", "name", qmp_text(name)) : json_object();
}

static json_t *query_uuid(struct qmp_call *call)
{
    const uint8_t *u = call->vm->cfg->uuid;
    char text[37];

    snprintf(text, sizeof(text),
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
             "%02x%02x%02x%02x%02x%02x",
             u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10],
             u[11], u[12], u[13], u[14], u[15]);
    return json_pack("{s:s}", "UUID", text);
}

static json_t *query_kvm(struct qmp_call *call)
{
    bool present = false;
    unsigned i;

    for (i = 0; engine_list[i]; i++)
        present |= !strcmp(engine_list[i]->name, "kvm");
    return json_pack("{s:b,s:b}", "enabled",
                     !strcmp(call->vm->engine->name, "kvm"), "present",
                     present);
}

static json_t *query_cpus_fast(struct qmp_call *call)
{
    struct vm *vm = call->vm;
    json_t *list = json_array();
    char path[32];
    unsigned i;
    int tid;

    for (i = 0; vm->board->has_vcpus && i < vm->cfg->cpus; i++) {
        tid = vm->engine->vcpu_tid(vm, i);
        if (tid < 0)
            break;
        snprintf(path, sizeof(path), "/machine/cpu[%u]", i);
        json_array_append_new(
            list,
            json_pack("{s:i,s:s,s:i,s:s,s:{s:i,s:i,s:i}}", "cpu-index", i,
                      "qom-path", path, "thread-id", tid, "target", "x86_64",
                      "props", "socket-id", i, "core-id", 0, "thread-id", 0));
    }
    return list;
}

static json_t *query_hotpluggable_cpus(struct qmp_call *call)
{
    return qmp_fail(call, NULL, "machine does not support hot-plugging CPUs");
}

static json_t *query_iothreads(struct qmp_call *call)
{
    return json_array(); /* each queue has its own thread, none is shared */
}

static json_t *stop(struct qmp_call *call)
{
    vm_stop(call->vm, RUN_PAUSED);
    return json_object();
}

static json_t *cont(struct qmp_call *call)
{
    return vm_cont(call->vm, &call->err) ? NULL : json_object();
}

static json_t *request(struct qmp_call *call, enum vm_request req)
{
    vm_request(call->vm, req);
    return json_object();
}

static json_t *system_reset(struct qmp_call *call)
{
    return request(call, VM_REQ_HOST_RESET);
}

static json_t *system_powerdown(struct qmp_call *call)
{
    return request(call, VM_REQ_POWERDOWN);
}

static json_t *quit(struct qmp_call *call)
{
    return request(call, VM_REQ_QUIT);
}

static json_t *system_wakeup(struct qmp_call *call)
{
    return qmp_fail(call, NULL,
                    "Unable to wake up: guest is not in suspended state");
}

/* What management programs ask for whether it is there or not: displays,
 * plugging. */
static json_t *query_vnc(struct qmp_call *call)
{
    return json_pack("{s:b}", "enabled", 0);
}

static json_t *change_vnc_password(struct qmp_call *call)
{
    return qmp_fail(call, NULL, "there is no VNC server (query-vnc)");
}

static json_t *device_add(struct qmp_call *call)
{
    return qmp_fail(call, NULL,
                    "device_add: nothing can be plugged into a machine that "
                    "is up");
}

static json_t *device_del(struct qmp_call *call)
{
    const char *id = json_string_value(json_object_get(call->args, "id"));

    if (!dev_by_id(call->vm, id))
        return qmp_fail(call, "DeviceNotFound", "Device '%.100s' not found",
                        id);
    return qmp_fail(call, NULL, "Device '%.100s' cannot be unplugged", id);
}

/* live is true unless said otherwise, as with QEMU. */
static json_t *save_devices(struct qmp_call *call)
{
    const char *file =
        json_string_value(json_object_get(call->args, "filename"));
    bool live = !json_is_false(json_object_get(call->args, "live"));

    return migrate_save(call->vm, file, live, &call->err) ? NULL
                                                          : json_object();
}

static json_t *load_devices(struct qmp_call *call)
{
    return qmp_fail(call, NULL,
                    "a machine that has begun loads no state: expected a new "
                    "one with -incoming");
}

/* For those who copy the guest's memory while it runs. */
static json_t *set_dirty_log(struct qmp_call *call)
{
    bool on = json_is_true(json_object_get(call->args, "enable"));

    return mem_log_dirty(call->vm, on)
               ? qmp_fail(call, NULL,
                          "nobody logs what devices write: expected Xen")
               : json_object();
}

static json_t *human_monitor_command(struct qmp_call *call)
{
    const char *line =
        json_string_value(json_object_get(call->args, "command-line"));
    json_t *answer;
    char *text = NULL;
    size_t size;
    FILE *f;

    f = open_memstream(&text, &size);
    if (!f)
        return qmp_fail(call, NULL, "out of memory");
    hmp_run(call->vm, line, f);
    fclose(f);
    answer = qmp_text(text);
    free(text);
    return answer;
}

/* ---- descriptors that come with a message ---- */

static json_t *add_fd(struct qmp_call *call)
{
    const json_t *id = json_object_get(call->args, "fdset-id");
    const char *opaque =
        json_string_value(json_object_get(call->args, "opaque"));
    struct fdset *set;
    int fd;

    if (id && json_integer_value(id) < 0)
        return qmp_fail(call, NULL,
                        "Parameter 'fdset-id' expects a non-negative value");
    fd = chr_take_fd(call->chr);
    if (fd < 0)
        return qmp_fail(call, NULL,
                        "No file descriptor supplied via SCM_RIGHTS");
    set = fdset_add(call->vm, id ? json_integer_value(id) : -1, fd, opaque);
    if (!set) {
        close(fd);
        return qmp_fail(call, NULL, "out of memory");
    }
    return json_pack("{s:I,s:i}", "fdset-id", (json_int_t)set->id, "fd", fd);
}

static json_t *remove_fd(struct qmp_call *call)
{
    json_int_t id = json_integer_value(json_object_get(call->args, "fdset-id"));
    const json_t *v = json_object_get(call->args, "fd");
    json_int_t fd = v ? json_integer_value(v) : -1;

    if ((v && (fd < 0 || fd > INT_MAX)) || fdset_remove(call->vm, id, fd))
        return qmp_fail(call, NULL,
                        "File descriptor named 'fdset-id:%lld%s' not found",
                        (long long)id, v ? ", fd" : "");
    return json_object();
}

static json_t *query_fdsets(struct qmp_call *call)
{
    json_t *list = json_array(), *fds, *item;
    const struct fdset_fd *f;
    const struct fdset *set;

    for (set = call->vm->fdsets; set; set = set->next) {
        fds = json_array();
        for (f = set->fds; f; f = f->next) {
            item = json_pack("{s:i}", "fd", f->fd);
            if (f->opaque)
                json_object_set_new(item, "opaque", qmp_text(f->opaque));
            json_array_append_new(fds, item);
        }
        json_array_append_new(list, json_pack("{s:I,s:o}", "fdset-id",
                                              (json_int_t)set->id, "fds", fds));
    }
    return list;
}

static json_t *getfd(struct qmp_call *call)
{
    const char *name = json_string_value(json_object_get(call->args, "fdname"));
    int fd;

    if (!*name || (*name >= '0' && *name <= '9'))
        return qmp_fail(call, NULL,
                        "Parameter 'fdname' expects a name not starting with "
                        "a digit");
    fd = chr_take_fd(call->chr);
    if (fd < 0)
        return qmp_fail(call, NULL,
                        "No file descriptor supplied via SCM_RIGHTS");
    if (fdset_name(call->vm, name, fd)) {
        close(fd);
        return qmp_fail(call, NULL, "out of memory");
    }
    return json_object();
}

static json_t *closefd(struct qmp_call *call)
{
    const char *name = json_string_value(json_object_get(call->args, "fdname"));
    int fd = fdset_take_named(call->vm, name);

    if (fd < 0)
        return qmp_fail(call, NULL, "File descriptor named '%.100s' not found",
                        name);
    close(fd);
    return json_object();
}

const struct qmp_cmd qmp_cmds_vm[] = {
    {"query-version", NULL, query_version},
    {"query-status", NULL, query_status},
    {"query-name", NULL, query_name},
    {"query-uuid", NULL, query_uuid},
    {"query-kvm", NULL, query_kvm},
    {"query-cpus-fast", NULL, query_cpus_fast},
    {"query-hotpluggable-cpus", NULL, query_hotpluggable_cpus},
    {"query-iothreads", NULL, query_iothreads},
    {"stop", NULL, stop},
    {"cont", NULL, cont},
    {"system_reset", NULL, system_reset},
    {"system_powerdown", NULL, system_powerdown},
    {"system_wakeup", NULL, system_wakeup},
    {"quit", NULL, quit},
    {"query-vnc", NULL, query_vnc},
    {"change-vnc-password", "password:s", change_vnc_password},
    {"cpu-add", "id:i", query_hotpluggable_cpus},
    {"device_add", "*", device_add},
    {"device_del", "id:s", device_del},
    {"xen-set-global-dirty-log", "enable:b", set_dirty_log},
    {"xen-save-devices-state", "filename:s live:b?", save_devices},
    {"xen-load-devices-state", "filename:s", load_devices},
    {"human-monitor-command", "command-line:s cpu-index:i?",
     human_monitor_command},
    {"add-fd", "fdset-id:i? opaque:s?", add_fd},
    {"remove-fd", "fdset-id:i fd:i?", remove_fd},
    {"query-fdsets", NULL, query_fdsets},
    {"getfd", "fdname:s", getfd},
    {"closefd", "fdname:s", closefd},
    {NULL, NULL, NULL},
};
