/* SPDX-License-Identifier: Apache-2.0 */
/* Records of control's that do not fit into one message. A part belongs to the next record until
 * that is complete: whoever dies in between leaves a whole record behind, the one before. */
#include "dataplane/session/engine.h"

#include <stdlib.h>

#define PARTS_MAX 8

void record_parts_free(struct record_parts *list)
{
    while (!STAILQ_EMPTY(list)) {
        struct record_part *r = STAILQ_FIRST(list);
        STAILQ_REMOVE_HEAD(list, link);
        sluice__link__record_part__free_unpacked(r->part, NULL);
        free(r);
    }
}

static uint32_t count_of(const struct record_parts *list, uint64_t number)
{
    const struct record_part *r;
    uint32_t n = 0;
    STAILQ_FOREACH(r, list, link)
    n += r->part->record_number == number;
    return n;
}

void session_record_part(struct sessions *s, uint64_t seq, Sluice__Link__RecordPart *m)
{
    struct participant *p = find_participant(s, m->participant);
    struct record_part *r = p ? calloc(1, sizeof(*r)) : NULL;
    if (p && count_of(&p->coming, m->record_number) == 0)
        record_parts_free(&p->coming); /* of a record that was never completed */
    if (!r || count_of(&p->coming, m->record_number) >= PARTS_MAX) {
        fail(s, seq,
             p ? SLUICE__LINK__FAILURE_CODE__FAILURE_FULL
               : SLUICE__LINK__FAILURE_CODE__FAILURE_UNKNOWN_ID,
             0, "record part");
        sluice__link__record_part__free_unpacked(m, NULL);
        free(r);
        return;
    }
    r->part = m;
    STAILQ_INSERT_TAIL(&p->coming, r, link);
}

bool record_parts_complete(struct participant *p, const Sluice__Link__Participant *m)
{
    if (m->record_parts == 0) {
        record_parts_free(&p->parts);
        record_parts_free(&p->coming);
        return true;
    }
    if (count_of(&p->parts, m->record_number) == m->record_parts)
        return true; /* said again */
    if (count_of(&p->coming, m->record_number) != m->record_parts)
        return false;
    record_parts_free(&p->parts);
    STAILQ_CONCAT(&p->parts, &p->coming);
    return true;
}

void record_parts_dump(struct sessions *s, const struct participant *p)
{
    const struct record_part *r;
    STAILQ_FOREACH(r, &p->parts, link)
    {
        Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
        e.body_case = SLUICE__LINK__EVENT__BODY_DUMP_RECORD_PART;
        e.dump_record_part = r->part;
        s->out.event(s->out.context, &e);
    }
}
