/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hw/catalog.h"

#include "hw/fw-cfg.h"
#include "hw/i440fx.h"
#include "hw/ide/drive.h"
#include "hw/none.h"
#include "hw/pc.h"
#include "hw/piix3-ide.h"
#include "hw/piix3.h"
#include "hw/piix4-pm.h"
#include "hw/pv/backends.h"
#include "hw/virtio/virtio.h"
#include "hw/xen-platform.h"
#include "hw/xenpv.h"

/* Chips that nobody else needs to know. */
extern const struct dev_class e1000_class, i8042_class, isa_debug_exit_class,
    isa_debugcon_class, mc146818_class, pc_testdev_class, pci_testdev_class,
    port92_class, pvpanic_class, rtl8139_class, uart_16550_class,
    xen_cdrom_class, xen_console_class, xen_control_class, xen_disk_class,
    xen_gpe_class, xen_net_device_class;

/* clang-format off */
const struct dev_class *const dev_catalog[] = {
    &i440fx_host_class,
    &i440fx_class,
    &piix3_class,
    &piix3_ide_class,
    &ide_hd_class,
    &ide_cd_class,
    &piix4_pm_class,
    &fw_cfg_class,
    &xen_platform_class,
    &xen_gpe_class,
    &xen_backends_class,
    &xen_disk_class,
    &xen_cdrom_class,
    &xen_net_device_class,
    &xen_console_class,
    &xen_control_class,
    &virtio_blk_class,
    &virtio_blk_transitional_class,
    &virtio_blk_modern_class,
    &virtio_net_class,
    &virtio_net_transitional_class,
    &virtio_net_modern_class,
    &virtio_rng_class,
    &virtio_rng_transitional_class,
    &virtio_rng_modern_class,
    &virtio_serial_class,
    &virtio_serial_transitional_class,
    &virtio_serial_modern_class,
    &virtconsole_class,
    &virtserialport_class,
    &e1000_class,
    &rtl8139_class,
    &mc146818_class,
    &i8042_class,
    &port92_class,
    &uart_16550_class,
    &isa_debugcon_class,
    &isa_debug_exit_class,
    &pvpanic_class,
    &pc_testdev_class,
    &pci_testdev_class,
    NULL,
};
/* clang-format on */

const struct board *const board_catalog[] = {
    &pc_board, &xenfv_board, &xenpv_board, &none_board, NULL,
};
