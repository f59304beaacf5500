/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "authz/delegation/store.h"
#include "common/log.h"

struct store_sqlite {
    struct store base;
    sqlite3 *db;
    sqlite3_stmt *put, *remove;
};

static const char schema[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=2000;"
    "CREATE TABLE IF NOT EXISTS jobs (room TEXT NOT NULL, identity TEXT NOT NULL,"
    " server TEXT NOT NULL, delay_id TEXT NOT NULL, timeout_us INTEGER NOT NULL,"
    " restarted_at_us INTEGER NOT NULL, restricted INTEGER NOT NULL, joined INTEGER NOT NULL,"
    " PRIMARY KEY (room, identity)) WITHOUT ROWID;";

static void complain(const struct store_sqlite *s, const char *what)
{
    log_error("delegation", "%s error=\"%s\"", what, sqlite3_errmsg(s->db));
}

static void run(struct store_sqlite *s, sqlite3_stmt *st, const char *what)
{
    if (sqlite3_step(st) != SQLITE_DONE)
        complain(s, what);
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
}

static void bind(sqlite3_stmt *st, int at, const char *text)
{
    sqlite3_bind_text(st, at, text, -1, SQLITE_TRANSIENT);
}

static void put(struct store *base, const struct job_record *r)
{
    struct store_sqlite *s = (struct store_sqlite *)base;
    bind(s->put, 1, r->room);
    bind(s->put, 2, r->identity);
    bind(s->put, 3, r->server);
    bind(s->put, 4, r->delay_id);
    sqlite3_bind_int64(s->put, 5, (sqlite3_int64)r->timeout);
    sqlite3_bind_int64(s->put, 6, (sqlite3_int64)r->restarted_at);
    sqlite3_bind_int(s->put, 7, r->restricted);
    sqlite3_bind_int(s->put, 8, r->joined);
    run(s, s->put, "job not stored");
}

static void drop(struct store *base, const char *room, const char *identity)
{
    struct store_sqlite *s = (struct store_sqlite *)base;
    bind(s->remove, 1, room);
    bind(s->remove, 2, identity);
    run(s, s->remove, "job not removed");
}

static const char *text(sqlite3_stmt *st, int column)
{
    const char *t = (const char *)sqlite3_column_text(st, column);
    return t ? t : "";
}

static void load(struct store *base)
{
    struct store_sqlite *s = (struct store_sqlite *)base;
    sqlite3_stmt *st = NULL;
    int got = sqlite3_prepare_v2(s->db,
                                 "SELECT room, identity, server, delay_id, timeout_us,"
                                 " restarted_at_us, restricted, joined FROM jobs",
                                 -1, &st, NULL);
    while (got == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW) {
        const struct job_record r = {
            .room = text(st, 0),
            .identity = text(st, 1),
            .server = text(st, 2),
            .delay_id = text(st, 3),
            .timeout = (usec_t)sqlite3_column_int64(st, 4),
            .restarted_at = (usec_t)sqlite3_column_int64(st, 5),
            .restricted = sqlite3_column_int(st, 6) != 0,
            .joined = sqlite3_column_int(st, 7) != 0,
        };
        base->events.loaded(base->events.ctx, &r);
    }
    if (got != SQLITE_OK)
        complain(s, "jobs not read");
    sqlite3_finalize(st);
    base->events.all_loaded(base->events.ctx);
}

static void destroy(struct store *base)
{
    struct store_sqlite *s = (struct store_sqlite *)base;
    sqlite3_finalize(s->put);
    sqlite3_finalize(s->remove);
    sqlite3_close(s->db);
    free(s);
}

static bool open_database(struct store_sqlite *s, const char *path)
{
    return sqlite3_open(path, &s->db) == SQLITE_OK &&
           sqlite3_exec(s->db, schema, NULL, NULL, NULL) == SQLITE_OK &&
           sqlite3_prepare_v2(s->db, "INSERT OR REPLACE INTO jobs VALUES (?,?,?,?,?,?,?,?)", -1,
                              &s->put, NULL) == SQLITE_OK &&
           sqlite3_prepare_v2(s->db, "DELETE FROM jobs WHERE room = ? AND identity = ?", -1,
                              &s->remove, NULL) == SQLITE_OK;
}

struct store *store_sqlite_open(const char *dir, const struct store_events *e)
{
    static const struct store_methods methods = {load, put, drop, destroy};
    struct store_sqlite *s = calloc(1, sizeof(*s));
    char path[512];
    if (!s)
        return NULL;
    s->base = (struct store){.methods = &methods, .events = *e};
    snprintf(path, sizeof(path), "%s/authz.db", dir);
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        log_error("delegation", "state_dir=%s error=\"%s\"", dir, strerror(errno));
    else if (open_database(s, path))
        return &s->base;
    else
        log_error("delegation", "jobs cannot be kept file=%s error=\"%s\"", path,
                  sqlite3_errmsg(s->db));
    destroy(&s->base);
    return NULL;
}
