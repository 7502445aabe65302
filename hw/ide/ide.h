/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ATA channels and drives: disks (ata.c) and CD-ROMs (atapi.c), below a host
 * adapter that brings registers, an interrupt and DMA (hw/piix3-ide.c).
 *
 * Sources: ATA/ATAPI-6 (T13/1410D); MMC-3 (T10/1363-D) for packets. Machine
 * lock held throughout: drives live on the main loop, their requests end
 * there.
 *
 * A drive is in one phase at a time:
 *
 *     IDLE --command--> IO (the host works, BSY) --> DATA (DRQ, the guest
 *      ^                  ^                            moves bytes) --+
 *      |                  +--- next block or buffer full -------------+
 *      +------ last block, error, reset
 *
 * What a command still has to do is in lba and left; where the block that the
 * guest moves stands is in pos and end.
 */
#ifndef HVMD_HW_IDE_IDE_H
#define HVMD_HW_IDE_IDE_H

#include <stdbool.h>
#include <stdint.h>

#include "dm/block/blk.h"
#include "dm/dev.h"
#include "dm/mem.h"
#include "dm/state.h"

#define IDE_SECTOR 512u
#define CD_SECTOR 2048u
#define IDE_BUF 32768u     /* bytes a drive buffers for the guest */
#define IDE_MULTIPLE 16u   /* most sectors for one interrupt */
#define IDE_DMA_SEGS 1024u /* pieces in a request: 2 bytes, a CD's sector */
#define IDE_TRIM_BLOCKS 8u /* of 64 ranges each, */
#define IDE_TRIM_RANGE 8u  /* bytes of one */

/* Status, error and device register bits, by their names in ATA-6. */
enum {
    ATA_BSY = 0x80,
    ATA_DRDY = 0x40,
    ATA_DF = 0x20,
    ATA_DSC = 0x10,
    ATA_DRQ = 0x08,
    ATA_ERR = 0x01,

    ATA_UNC = 0x40,
    ATA_IDNF = 0x10,
    ATA_ABRT = 0x04,

    ATA_LBA = 0x40,
    ATA_DEV = 0x10,

    ATA_SRST = 0x04, /* device control */
    ATA_NIEN = 0x02,
    ATA_HOB = 0x80,
};

enum ide_kind { IDE_NONE, IDE_HD, IDE_CD };
enum ide_phase { IDE_IDLE, IDE_IO, IDE_DATA_IN, IDE_DATA_OUT, IDE_DMA_WAIT };
/* What happens when the guest has moved the block, or the host the data. */
enum ide_job {
    IDE_JOB_NONE, /* nothing follows */
    IDE_JOB_READ,
    IDE_JOB_WRITE,
    IDE_JOB_TRIM,
    IDE_JOB_FLUSH,
    IDE_JOB_PACKET, /* twelve bytes of command arrive */
    IDE_JOB_REPLY,  /* buffered answer of a packet command */
    IDE_JOB_CD_READ,
};

struct ide_chan;

struct ide_drive {
    struct ide_chan *chan;
    struct dev *dev; /* the ide-hd or ide-cd, NULL: nobody there */
    enum ide_kind kind;
    struct blk *blk; /* NULL: an empty CD drive */
    struct blk_queue *queue;
    const char *model, *serial, *version;
    bool unplugged; /* taken away by the guest until reset */

    /* registers; [0] is the current, [1] the previous value (HOB) */
    uint8_t feature[2], count[2], lba_lo[2], lba_mid[2], lba_hi[2];
    uint8_t device, status, error;

    uint64_t sectors; /* of 512 bytes */
    uint16_t cylinders;
    uint8_t heads, spt; /* current translation */
    uint8_t multiple;   /* sectors, 0: off */
    uint8_t dma_mode;   /* as SET FEATURES, XFER MODE wrote it */
    bool write_cache;

    uint8_t phase, job; /* enum ide_phase, enum ide_job */
    bool dma, ext;      /* of the command under way */
    uint64_t lba;
    uint32_t left;  /* sectors the command still has to move */
    uint32_t block; /* sectors for one interrupt */
    uint32_t in_io; /* sectors the host works on */
    uint8_t buf[IDE_BUF];
    uint32_t pos, end; /* the block being moved */
    uint32_t fill;     /* bytes of buf that hold data */

    /* ATAPI */
    uint8_t sense_key, asc, ascq;
    bool tray_open, locked, media_changed, eject_asked;
    uint32_t limit; /* bytes for one interrupt */

    struct blk_req req;
    struct iovec iov[IDE_DMA_SEGS];
    struct gmap map[IDE_DMA_SEGS];
    unsigned segs;
    bool in_flight;
    bool retry; /* stopped by werror=, rerror=: begun again on resume */
};

/* What a drive needs of its host adapter. */
struct ide_host_ops {
    void (*irq)(void *opaque, bool level);
    /* Maps guest memory for the next bytes of the transfer, at most max and
     * whole units, into d->map and d->iov; sets d->segs. Returns bytes, 0 if
     * the guest gave no more, -EFAULT if it gave what is no memory. */
    int64_t (*dma_map)(void *opaque, struct ide_drive *d, uint64_t max,
                       unsigned unit, bool to_guest);
    /* The last dma_map has not happened: the next one begins there again. */
    void (*dma_back)(void *opaque);
    void (*dma_end)(void *opaque, bool error, bool irq);
};

struct ide_chan {
    struct dev_bus bus; /* type "ide", name "ide.0" */
    struct vm *vm;
    const struct ide_host_ops *host;
    void *opaque;
    struct ide_drive drive[2];
    uint8_t selected, control;
    bool irq;
    bool dma_ready; /* the adapter is started */
};

/* ---- the channel, for the adapter (chan.c) ---- */

void ide_chan_init(struct ide_chan *c, struct dev *owner, const char *name,
                   const struct ide_host_ops *host, void *opaque);
void ide_chan_fini(struct ide_chan *c);
void ide_chan_reset(struct ide_chan *c); /* power-on; drains what runs */
void ide_chan_drain(struct ide_chan *c);
void ide_chan_resume(struct ide_chan *c);           /* after werror=stop */
uint8_t ide_read(struct ide_chan *c, unsigned reg); /* 1 to 7 */
void ide_write(struct ide_chan *c, unsigned reg, uint8_t val); /* 1 to 7 */
uint8_t ide_alt_status(struct ide_chan *c);
void ide_control(struct ide_chan *c, uint8_t val);
/* The data port: count units of size bytes. */
void ide_data_in(struct ide_chan *c, void *buf, unsigned size, uint32_t count);
void ide_data_out(struct ide_chan *c, const void *buf, unsigned size,
                  uint32_t count);
void ide_dma_start(struct ide_chan *c, bool on);
extern const struct state_field ide_chan_state[];
int ide_chan_post_load(struct ide_chan *c);

/* The guest has better drivers: hides disks (not CDs) from unit first on until
 * reset. */
void ide_unplug_disks(struct ide_chan *c, unsigned first);

/* ---- between the files of hw/ide ---- */

void ide_irq(struct ide_drive *d);
void ide_idle(struct ide_drive *d); /* forgets the command under way */
void ide_done(struct ide_drive *d); /* command ends well, with interrupt */
void ide_abort(struct ide_drive *d, uint8_t error);
void ide_signature(struct ide_drive *d);
/* Offers buf[pos..end) to the guest, or asks it to fill that. */
void ide_data_phase(struct ide_drive *d, uint32_t pos, uint32_t end, bool out);
/* Starts d->req; d->job goes on in ide_io_done. */
void ide_submit(struct ide_drive *d, enum blk_op op, uint64_t off, uint64_t len,
                const struct iovec *iov, int iovcnt);
void ide_dma_unmap(struct ide_drive *d, uint64_t dirty);
/* Between d->buf and what is mapped; returns bytes copied. */
uint32_t ide_dma_copy(struct ide_drive *d, bool from_guest);
/* The adapter's table gave less than one sector, or no memory (n < 0). */
void ide_dma_short(struct ide_drive *d, int64_t n);
void ide_put_string(uint8_t *to, const char *s, unsigned len);
void ide_put16(uint8_t *identify, unsigned word, uint16_t v);

void ata_command(struct ide_drive *d, uint8_t cmd);
void ata_next(struct ide_drive *d);            /* the block was moved */
void ata_io_done(struct ide_drive *d, int rc); /* the host has answered */
void ata_dma_go(struct ide_drive *d);          /* command and adapter ready */
void ata_again(struct ide_drive *d); /* the request that was stopped */

void atapi_command(struct ide_drive *d, uint8_t cmd);
void atapi_next(struct ide_drive *d);
void atapi_io_done(struct ide_drive *d, int rc);
void atapi_dma_go(struct ide_drive *d);
void atapi_again(struct ide_drive *d);
/* d->blk and d->queue are another's, or NULL; nothing is in flight. */
void atapi_media_changed(struct ide_drive *d);
/* False: the guest locked it, and is told that somebody wants it open. */
bool atapi_eject(struct ide_drive *d, bool force);

#endif
