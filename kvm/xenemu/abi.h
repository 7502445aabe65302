/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The numbers and structures of Xen's interfaces that a guest sees. Where a
 * structure holds pointers or longs it differs between 32- and 64-bit guests,
 * and is taken apart field by field instead (struct xcall_in).
 *
 * Source: Xen's public headers: xen.h, arch-x86/xen.h, arch-x86/cpuid.h,
 * version.h, features.h, memory.h, event_channel.h, grant_table.h, sched.h,
 * vcpu.h, hvm/hvm_op.h, hvm/params.h.
 */
#ifndef HVMD_KVM_XENEMU_ABI_H
#define HVMD_KVM_XENEMU_ABI_H

#include <stdint.h>

/* Xen's error numbers are its own; these are those of Linux too. */
enum {
    XEN_EPERM = 1,
    XEN_ENOENT = 2,
    XEN_ESRCH = 3,
    XEN_EFAULT = 14,
    XEN_EBUSY = 16,
    XEN_EEXIST = 17,
    XEN_EINVAL = 22,
    XEN_ENOSPC = 28,
    XEN_ENOSYS = 38,
    XEN_ENODATA = 61,
    XEN_ETIME = 62,
    XEN_EOPNOTSUPP = 95,
};

#define XEN_PAGE 4096u
#define DOMID_SELF 0x7ff0u

/* ---- hypercalls ---- */

enum {
    HC_memory_op = 12,
    HC_set_timer_op = 15,
    HC_xen_version = 17,
    HC_console_io = 18,
    HC_grant_table_op = 20,
    HC_vcpu_op = 24,
    HC_sched_op = 29,
    HC_event_channel_op = 32,
    HC_hvm_op = 34,
    HC_MAX = 64,
};

/* ---- CPUID and the MSR ---- */

#define XEN_CPUID_BASE 0x40000000u
#define XEN_MSR_HYPERCALL 0x40000000u
enum {
    XEN_HVM_CPUID_VCPU_ID_PRESENT = 1 << 3,
    XEN_HVM_CPUID_DOMID_PRESENT = 1 << 4,
    XEN_HVM_CPUID_UPCALL_VECTOR = 1 << 6,
};

/* ---- the shared page ---- */

/* Of both widths: 64 bytes, the time at 32. */
struct xen_vcpu_info_64 {
    uint8_t evtchn_upcall_pending, evtchn_upcall_mask;
    uint64_t evtchn_pending_sel;
    uint64_t cr2, pad;
    uint8_t time[32];
};
struct xen_vcpu_info_32 {
    uint8_t evtchn_upcall_pending, evtchn_upcall_mask;
    uint32_t evtchn_pending_sel;
    uint32_t cr2, pad[5];
    uint8_t time[32];
};
#define XEN_VCPU_INFO 64u
#define XEN_VCPU_INFO_TIME 32u
#define XEN_LEGACY_VCPUS 32u
_Static_assert(sizeof(struct xen_vcpu_info_64) == XEN_VCPU_INFO, "64-bit");
_Static_assert(sizeof(struct xen_vcpu_info_32) == XEN_VCPU_INFO, "32-bit");

/* Offsets within the page; vcpu_info[32] comes first. */
enum {
    XEN_SI_PENDING = 2048,
    XEN_SI_MASK_64 = 2560,
    XEN_SI_WC_64 = 3072,
    XEN_SI_WC_HI_64 = 3084,
    XEN_SI_MASK_32 = 2176,
    XEN_SI_WC_32 = 2304,
    XEN_SI_WC_HI_32 = 2340,
};
struct xen_wallclock {
    uint32_t version, sec, nsec;
};

/* ---- xen_version ---- */

enum {
    XENVER_version = 0,
    XENVER_extraversion = 1,
    XENVER_compile_info = 2,
    XENVER_capabilities = 3,
    XENVER_changeset = 4,
    XENVER_platform_parameters = 5,
    XENVER_get_features = 6,
    XENVER_pagesize = 7,
    XENVER_guest_handle = 8,
    XENVER_commandline = 9,
    XENVER_build_id = 10,
};
enum {
    XENFEAT_writable_page_tables = 0,
    XENFEAT_auto_translated_physmap = 2,
    XENFEAT_hvm_callback_vector = 8,
    XENFEAT_hvm_safe_pvclock = 9,
    XENFEAT_not_direct_mapped = 16,
};

/* ---- memory_op ---- */

enum {
    XENMEM_decrease_reservation = 1,
    XENMEM_maximum_ram_page = 2,
    XENMEM_current_reservation = 3,
    XENMEM_maximum_reservation = 4,
    XENMEM_populate_physmap = 6,
    XENMEM_add_to_physmap = 7,
    XENMEM_memory_map = 9,
    XENMEM_maximum_gpfn = 14,
    XENMEM_remove_from_physmap = 15,
    XENMEM_add_to_physmap_batch = 23,
};
#define XENMEM_OP 0x3fu
#define XENMEM_EXTENT_SHIFT 6
enum {
    XENMAPSPACE_shared_info = 0,
    XENMAPSPACE_grant_table = 1,
};
#define XENMAPIDX_status 0x80000000u
#define XEN_MAX_ORDER 9u

/* ---- event_channel_op ---- */

enum {
    EVTCHNOP_bind_interdomain = 0,
    EVTCHNOP_bind_virq = 1,
    EVTCHNOP_bind_pirq = 2,
    EVTCHNOP_close = 3,
    EVTCHNOP_send = 4,
    EVTCHNOP_status = 5,
    EVTCHNOP_alloc_unbound = 6,
    EVTCHNOP_bind_ipi = 7,
    EVTCHNOP_bind_vcpu = 8,
    EVTCHNOP_unmask = 9,
    EVTCHNOP_reset = 10,
};
enum {
    EVTCHNSTAT_closed = 0,
    EVTCHNSTAT_unbound = 1,
    EVTCHNSTAT_interdomain = 2,
    EVTCHNSTAT_virq = 4,
    EVTCHNSTAT_ipi = 5,
};
#define XEN_VIRQS 24u
enum {
    VIRQ_TIMER = 0,
    VIRQ_DEBUG = 1,
    VIRQ_XENOPROF = 7,
    VIRQ_XENPMU = 13,
};
struct evtchn_alloc_unbound {
    uint16_t dom, remote_dom;
    uint32_t port;
};
struct evtchn_bind_interdomain {
    uint16_t remote_dom, pad;
    uint32_t remote_port, local_port;
};
struct evtchn_bind_virq {
    uint32_t virq, vcpu, port;
};
struct evtchn_bind_ipi {
    uint32_t vcpu, port;
};
struct evtchn_bind_vcpu {
    uint32_t port, vcpu;
};
struct evtchn_port { /* close, send, unmask */
    uint32_t port;
};
struct evtchn_reset {
    uint16_t dom;
};
struct evtchn_status {
    uint16_t dom, pad;
    uint32_t port;
    uint32_t status, vcpu;
    union {
        struct {
            uint16_t dom;
        } unbound;
        struct {
            uint16_t dom, pad;
            uint32_t port;
        } interdomain;
        uint32_t virq;
    } u;
};
_Static_assert(sizeof(struct evtchn_status) == 24, "as the guest has it");

/* ---- grant_table_op ---- */

enum {
    GNTTABOP_map_grant_ref = 0,
    GNTTABOP_unmap_grant_ref = 1,
    GNTTABOP_setup_table = 2,
    GNTTABOP_copy = 5,
    GNTTABOP_query_size = 6,
    GNTTABOP_unmap_and_replace = 7,
    GNTTABOP_set_version = 8,
    GNTTABOP_get_status_frames = 9,
    GNTTABOP_get_version = 10,
    GNTTABOP_swap_grant_ref = 11,
};
enum {
    GNTST_okay = 0,
    GNTST_general_error = -1,
    GNTST_bad_domain = -2,
    GNTST_bad_gntref = -3,
    GNTST_bad_handle = -4,
    GNTST_bad_virt_addr = -5,
    GNTST_no_device_space = -7,
    GNTST_permission_denied = -8,
    GNTST_bad_page = -9,
    GNTST_bad_copy_arg = -10,
    GNTST_address_too_big = -11,
    GNTST_eagain = -12,
};
enum {
    GTF_permit_access = 1,
    GTF_type_mask = 3,
    GTF_readonly = 1 << 2,
    GTF_reading = 1 << 3,
    GTF_writing = 1 << 4,
    /* sub-page and transitive grants: of version 2 */
    GTF_sub_page = 1 << 8,
};
enum {
    GNTMAP_device_map = 1 << 0,
    GNTMAP_host_map = 1 << 1,
    GNTMAP_readonly = 1 << 2,
};
enum {
    GNTCOPY_source_gref = 1 << 0,
    GNTCOPY_dest_gref = 1 << 1,
};
enum { GNTTAB_RESERVED_CONSOLE = 0, GNTTAB_RESERVED_XENSTORE = 1 };
struct grant_entry {
    uint16_t flags, domid;
    uint32_t frame;
};
#define GRANTS_PER_FRAME (XEN_PAGE / sizeof(struct grant_entry))
struct gnttab_map {
    uint64_t host_addr;
    uint32_t flags, ref;
    uint16_t dom;
    int16_t status;
    uint32_t handle;
    uint64_t dev_bus_addr;
};
struct gnttab_unmap {
    uint64_t host_addr, dev_bus_addr;
    uint32_t handle;
    int16_t status;
    uint16_t pad;
};
struct gnttab_query_size {
    uint16_t dom, pad;
    uint32_t nr_frames, max_nr_frames;
    int16_t status;
    uint16_t pad2;
};
struct gnttab_swap {
    uint32_t a, b;
    int16_t status;
    uint16_t pad;
};
struct gnttab_version {
    uint16_t dom, pad;
    uint32_t version;
};

/* ---- sched_op ---- */

enum {
    SCHEDOP_yield = 0,
    SCHEDOP_block = 1,
    SCHEDOP_shutdown = 2,
    SCHEDOP_poll = 3,
    SCHEDOP_remote_shutdown = 4,
};
enum {
    SHUTDOWN_poweroff = 0,
    SHUTDOWN_reboot = 1,
    SHUTDOWN_suspend = 2,
    SHUTDOWN_crash = 3,
    SHUTDOWN_watchdog = 4,
    SHUTDOWN_soft_reset = 5,
};

/* ---- vcpu_op ---- */

enum {
    VCPUOP_is_up = 3,
    VCPUOP_get_runstate_info = 4,
    VCPUOP_register_runstate_memory_area = 5,
    VCPUOP_set_periodic_timer = 6,
    VCPUOP_stop_periodic_timer = 7,
    VCPUOP_set_singleshot_timer = 8,
    VCPUOP_stop_singleshot_timer = 9,
    VCPUOP_register_vcpu_info = 10,
};
#define VCPU_SSHOTTMR_future 1u
/* As a 64-bit guest lays it out; a 32-bit one without the padding. */
struct vcpu_runstate {
    uint32_t state, pad;
    uint64_t entry_time;
    uint64_t time[4]; /* running, runnable, blocked, offline */
};

/* ---- hvm_op ---- */

enum {
    HVMOP_set_param = 0,
    HVMOP_get_param = 1,
    HVMOP_flush_tlbs = 5,
    HVMOP_get_time = 10,
    HVMOP_get_mem_type = 15,
    HVMOP_set_evtchn_upcall_vector = 23,
};
enum {
    HVM_PARAM_CALLBACK_IRQ = 0,
    HVM_PARAM_STORE_PFN = 1,
    HVM_PARAM_STORE_EVTCHN = 2,
    HVM_PARAM_PAE_ENABLED = 4,
    HVM_PARAM_VM86_TSS = 15,
    HVM_PARAM_CONSOLE_PFN = 17,
    HVM_PARAM_CONSOLE_EVTCHN = 18,
    HVM_PARAM_ACPI_IOPORTS_LOCATION = 19,
    HVM_PARAM_VM_GENERATION_ID_ADDR = 34,
    HVM_NR_PARAMS = 39,
};
/* Kinds of HVM_PARAM_CALLBACK_IRQ, its upper byte. */
enum {
    HVM_CALLBACK_GSI = 0,
    HVM_CALLBACK_PCI_INTX = 1,
    HVM_CALLBACK_VECTOR = 2
};
struct hvm_param {
    uint16_t domid, pad;
    uint32_t index;
    uint64_t value;
};
struct hvm_upcall_vector {
    uint32_t vcpu;
    uint8_t vector;
};
struct hvm_mem_type {
    uint16_t domid, mem_type, pad[2];
    uint64_t pfn;
};
enum { HVMMEM_ram_rw = 0, HVMMEM_mmio_dm = 4 };

#endif
