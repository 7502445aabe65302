/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qcow2: what its parts share.
 *
 *     qcow2.c           opening and closing: directories, snapshots, files
 *     qcow2-header.c    the header and its extensions
 *     qcow2-table.c     tables in memory, and the order of writing them
 *     qcow2-refcount.c  who uses a cluster of the file; getting a free one
 *     qcow2-map.c       where a byte of the disk is
 *     qcow2-io.c        requests
 *     qcow2-pack.c      compressed clusters
 *     qcow2-check.c     does everything in the file agree?
 *     qcow2-create.c    a new image
 *
 * One mutex is over all tables. I/O for tables is done with it held, waited
 * for, on a queue of the thread's own (struct blk_queue *s below); the guest's
 * data goes without it. What two requests may not do at once to a cluster of
 * the disk is settled by the range lock.
 *
 * Order. A table written back may name only what is on the medium already, and
 * a cluster is not used again before the last table that names it is there
 * without the name. So a process or a host that dies leaks clusters at worst.
 * In this order, with a flush at each comma: refcount blocks (growing counts),
 * refcount table, L2 tables, L1 table, and then counts go down. Counts too
 * high are harmless, so refcount blocks may be written at any time.
 */
#ifndef HVMD_DM_BLOCK_QCOW2_PRIV_H
#define HVMD_DM_BLOCK_QCOW2_PRIV_H

#include <pthread.h>

#include "dm/bytes.h"
#include "dm/block/blk-priv.h"
#include "dm/block/qcow2.h"
#include "dm/block/range-lock.h"

/* Header, big endian; the name is the specification's. */
#define QCOW2_MAGIC 0x514649fbu
#define HDR_VERSION 4
#define HDR_BACKING_FILE_OFFSET 8
#define HDR_BACKING_FILE_SIZE 16
#define HDR_CLUSTER_BITS 20
#define HDR_SIZE 24
#define HDR_CRYPT_METHOD 32
#define HDR_L1_SIZE 36
#define HDR_L1_TABLE_OFFSET 40
#define HDR_REFCOUNT_TABLE_OFFSET 48
#define HDR_REFCOUNT_TABLE_CLUSTERS 56
#define HDR_NB_SNAPSHOTS 60
#define HDR_SNAPSHOTS_OFFSET 64
#define HDR_V2_LENGTH 72
#define HDR_INCOMPATIBLE 72
#define HDR_COMPATIBLE 80
#define HDR_AUTOCLEAR 88
#define HDR_REFCOUNT_ORDER 96
#define HDR_HEADER_LENGTH 100
#define HDR_V3_LENGTH 104

#define INCOMPAT_DIRTY 1u
#define INCOMPAT_CORRUPT 2u
#define INCOMPAT_DATA_FILE 4u
#define INCOMPAT_COMPRESSION 8u
#define INCOMPAT_EXTENDED_L2 16u
#define COMPAT_LAZY_REFCOUNTS 1u
#define AUTOCLEAR_BITMAPS 1u
#define EXT_BACKING_FORMAT 0xe2792acau

/* Entries of L1 and L2 tables. */
#define ENTRY_OFFSET UINT64_C(0x00fffffffffffe00)
#define ENTRY_COPIED (UINT64_C(1) << 63)
#define L2_COMPRESSED (UINT64_C(1) << 62)
#define L2_ZERO UINT64_C(1)
#define L1_RESERVED UINT64_C(0x7f000000000001ff)
#define L2_RESERVED UINT64_C(0x3f000000000001fe)

#define MAX_L1_BYTES (32u << 20)
#define MAX_REFCOUNT_TABLE_BYTES (8u << 20)
#define MAX_SNAPSHOTS 65536u
#define MAX_SNAPSHOT_TABLE_BYTES (64u << 20)
#define MAX_CLUSTERS (UINT64_C(1) << 31) /* of a file */
#define MAX_CHAIN 64                     /* backing files below one another */

/* A cluster of tables in memory, as in the file. */
struct qcow2_table {
    uint64_t off;
    struct qcow2_slot *slot;
    struct qcow2_table *prev, *next; /* least recently used first */
    uint32_t lo, hi;                 /* dirty bytes; none: lo >= hi */
    uint8_t data[];
};

struct qcow2_slot {
    uint64_t entry; /* host order */
    struct qcow2_table *table;
};

/* A table of tables: L1, or the refcount table. */
struct qcow2_dir {
    const char *what; /* the tables, for messages */
    uint64_t off;
    uint32_t n;
    struct qcow2_slot *slots;
    uint32_t lo, hi; /* dirty slots; none: lo >= hi */
    bool any_dirty;  /* tables, perhaps */
    struct qcow2_table lru;
    unsigned loaded;
};

struct qcow2 {
    struct blk blk;
    struct blk *file, *backing;
    bool file_named, backing_named; /* drives of their own */
    struct blk_queue *s;            /* of the main thread, for tables */
    uint32_t cluster_bits, cluster_size, l2_bits, rb_bits;
    uint32_t version, refcount_order;
    uint32_t incompatible, compatible;
    uint8_t head[512]; /* the file's first sector */
    char *backing_name, *backing_format;
    bool has_bitmaps;
    uint64_t snapshots_off, snapshots_len;
    struct qcow2_snapshot *snapshots;
    struct qcow2_snapshot_info *infos;
    uint32_t nsnapshots;
    struct range_lock ranges;
    pthread_cond_t granted;
    void *zeros; /* a cluster of them */
    struct log_quota quota;
    atomic_bool corrupt; /* found while in use: nothing is written any more */
    atomic_uint freed;   /* counts compressed clusters that went */

    pthread_mutex_t lock; /* of all below */
    struct qcow2_dir l1, rt;
    unsigned max_tables; /* of each directory */
    uint64_t hint;       /* no cluster before it is free */
    bool grown;          /* the file, by us */
    uint64_t fresh;      /* clusters from here on have never been used */
    uint64_t packed;     /* where the next compressed bytes go, 0: nowhere */
    uint64_t *meta;      /* bit map of clusters that hold tables */
    uint64_t meta_n;     /* words */
    uint64_t *frees;     /* clusters to count down when L2 is on the medium */
    size_t nfrees, max_frees;
    struct qcow2_journal *journal; /* or NULL */
    char *journal_path;
};

struct qcow2_snapshot {
    uint64_t l1_off;
    uint32_t l1_n;
    char *id, *name;
};

static inline uint64_t qcow2_clusters(const struct qcow2 *c, uint64_t bytes)
{
    return (bytes >> c->cluster_bits) + !!(bytes & (c->cluster_size - 1));
}

static inline uint32_t qcow2_in_cluster(const struct qcow2 *c, uint64_t off)
{
    return off & (c->cluster_size - 1);
}

/* The file's length in clusters. */
static inline uint64_t qcow2_end(const struct qcow2 *c)
{
    return qcow2_clusters(c, atomic_load(&c->file->size));
}

/* All functions return 0 or -errno if not said otherwise; s is a queue of
 * c->file with nothing in flight; "locked" is c->lock. */

/* qcow2-header.c: with err set */
int qcow2_no_memory(struct cfg_err *err);
int qcow2_cannot_read(const struct qcow2 *c, int rc, uint64_t off,
                      struct cfg_err *err);
/* Any bytes of the file. */
int qcow2_read_bytes(struct qcow2 *c, uint64_t off, void *buf, uint32_t len,
                     struct cfg_err *err);
int qcow2_parse_header(struct qcow2 *c, struct cfg_err *err);
int qcow2_parse_size(struct qcow2 *c, struct cfg_err *err); /* of c->head */

/* qcow2-table.c */
int qcow2_sync(struct blk_queue *s, enum blk_op op, uint64_t off, void *buf,
               uint64_t len);
/* Reads what may be beyond the end of the file: zeros. */
int qcow2_read(struct blk_queue *s, uint64_t off, void *buf, uint64_t len);
int qcow2_write_head(struct qcow2 *c, struct blk_queue *s);
/* Makes the file at least this long. Locked. */
int qcow2_grow(struct qcow2 *c, uint64_t end);
/* Says so once, and refuses to write from now on. Returns -EIO. */
int qcow2_corrupt(struct qcow2 *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Locked. The table of slot i, whose entry is not zero; valid until the next
 * call for the same directory. */
int qcow2_table_get(struct qcow2 *c, struct blk_queue *s, struct qcow2_dir *d,
                    uint32_t i, struct qcow2_table **t);
/* Locked. An empty one for slot i at off, dirty. */
int qcow2_table_new(struct qcow2 *c, struct blk_queue *s, struct qcow2_dir *d,
                    uint32_t i, uint64_t off, uint64_t flags,
                    struct qcow2_table **t);
void qcow2_table_dirty(struct qcow2_dir *d, struct qcow2_table *t,
                       uint32_t byte, uint32_t len);
void qcow2_dir_free(struct qcow2_dir *d);
int qcow2_dir_init(struct qcow2_dir *d, const char *what, uint64_t off,
                   uint32_t n);
void qcow2_dir_set(struct qcow2_dir *d, uint32_t i, uint64_t entry);
int qcow2_dir_read(struct blk_queue *s, struct qcow2_dir *d);
/* Locked. Puts all tables in the file, in order. Without a last flush. */
int qcow2_commit(struct qcow2 *c, struct blk_queue *s);
bool qcow2_is_dirty(const struct qcow2 *c);

/* qcow2-refcount.c, locked */
bool qcow2_is_meta(const struct qcow2 *c, uint64_t cluster);
int qcow2_mark_meta(struct qcow2 *c, uint64_t cluster, bool on);
int qcow2_ref_get(struct qcow2 *c, struct blk_queue *s, uint64_t cluster,
                  uint64_t *count);
int qcow2_ref_set(struct qcow2 *c, struct blk_queue *s, uint64_t cluster,
                  uint64_t count);
uint64_t qcow2_ref_max(const struct qcow2 *c);
uint64_t qcow2_ref_at(const struct qcow2 *c, const void *block, uint64_t i);
/* 1 to *n clusters one after the other, counted once. fresh: they are zeros. */
int qcow2_alloc(struct qcow2 *c, struct blk_queue *s, uint64_t *off,
                uint64_t *n, bool *fresh);
/* Takes back what was never named by a table. */
void qcow2_unalloc(struct qcow2 *c, struct blk_queue *s, uint64_t off,
                   uint64_t n);
/* To be counted down by the next commit. Out of memory, it leaks. */
void qcow2_free_later(struct qcow2 *c, uint64_t off);
int qcow2_apply_frees(struct qcow2 *c, struct blk_queue *s);

/* qcow2-map.c, locked */
enum qcow2_kind { QCOW2_NONE, QCOW2_ZERO, QCOW2_DATA, QCOW2_COMPRESSED };
struct qcow2_extent {
    enum qcow2_kind kind;
    bool copied;   /* DATA: it is ours alone */
    uint64_t host; /* of the first byte; COMPRESSED: the entry */
    uint64_t len;  /* bytes of the disk alike and, for DATA, in one piece */
};
int qcow2_map(struct qcow2 *c, struct blk_queue *s, uint64_t off, uint64_t len,
              struct qcow2_extent *e);
/* Decodes a compressed cluster's entry. */
void qcow2_packed_at(const struct qcow2 *c, uint64_t entry, uint64_t *off,
                     uint32_t *len);
/* An entry of an L2 table is sane, or why not. */
const char *qcow2_bad_entry(const struct qcow2 *c, uint64_t entry);
const char *qcow2_bad_l1(const struct qcow2 *c, uint64_t entry);
/* Sets n entries from the cluster of off on to entry, entry + one cluster,
 * ... (step), and lets go of what they named. One L2 table. */
int qcow2_link(struct qcow2 *c, struct blk_queue *s, uint64_t off, uint64_t n,
               uint64_t entry, bool step);

/* The same, and what they named is not let go of, and nothing is kept. */
int qcow2_link_again(struct qcow2 *c, struct blk_queue *s, uint64_t off,
                     uint64_t n, uint64_t entry, bool step);

/* qcow2-journal.c, locked if not said otherwise; all do nothing without one */
/* Not locked, with err set. */
int qcow2_journal_open(struct qcow2 *c, const char *path, struct cfg_err *err);
int qcow2_journal_replay(struct qcow2 *c, struct cfg_err *err);
void qcow2_journal_close(struct qcow2 *c, bool forget);
/* There is room for one more, if need be by a commit. */
int qcow2_journal_room(struct qcow2 *c, struct blk_queue *s);
void qcow2_journal_add(struct qcow2 *c, uint64_t off, uint64_t n,
                       uint64_t entry, bool step);
void qcow2_journal_reset(struct qcow2 *c); /* the file has it all */

/* qcow2-io.c */
struct qcow2_queue {
    struct blk_queue q;
    struct blk_queue *data, *s;            /* of the file */
    struct blk_queue *backing, *backing_s; /* or NULL */
    bool data_plugged, backing_plugged;    /* they are, till we unplug */
    struct qcow2_io *ios, *free;
    struct qcow2_io *granted; /* under the range lock's mutex */
    struct loop_task granted_task;
    uint8_t *packed, *unpacked; /* the last compressed cluster that was read */
    uint64_t unpacked_entry;    /* 0: none */
    unsigned unpacked_freed;
};
int qcow2_queue_init(struct blk_queue *q);
void qcow2_queue_fini(struct blk_queue *q);
void qcow2_submit(struct blk_queue *q, struct blk_req *req);
void qcow2_unplug(struct blk_queue *q);
void qcow2_wait(struct blk_queue *q);
void qcow2_poll(struct blk_queue *q);

/* qcow2-pack.c: the compressed cluster, in q->unpacked. */
int qcow2_unpack(struct qcow2_queue *q, uint64_t entry);

/* qcow2-check.c: after a crash with lazy refcounts */
int qcow2_rebuild(struct qcow2 *c, struct cfg_err *err);

#endif
