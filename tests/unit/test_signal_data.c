/* SPDX-License-Identifier: Apache-2.0 */
/* Data tracks and data blobs: requests, answers, what the dataplane and others are told. */
#include "tests/unit/signal_cast.h"

#include "control/room/participant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void join(struct actor *a)
{
    actor_join(a, OFFER_JOIN);
    actor_transport(a, SLUICE__LINK__CONNECTION__CONNECTED);
    stage_pass(&stage, 6 * USEC_PER_SEC);
    actor_heard(a);
}

static void publish(struct actor *a, uint32_t handle, const char *name, const char *encoding)
{
    Livekit__DataTrackFrameEncoding e = LIVEKIT__DATA_TRACK_FRAME_ENCODING__INIT;
    e.value_case = LIVEKIT__DATA_TRACK_FRAME_ENCODING__VALUE_CUSTOM;
    e.custom = (char *)(uintptr_t)encoding;
    Livekit__PublishDataTrackRequest body = LIVEKIT__PUBLISH_DATA_TRACK_REQUEST__INIT;
    body.pub_handle = handle;
    body.name = (char *)(uintptr_t)name;
    body.encryption = LIVEKIT__ENCRYPTION__TYPE__GCM;
    body.frame_encoding = encoding ? &e : NULL;
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_PUBLISH_DATA_TRACK_REQUEST;
    m.publish_data_track_request = &body;
    actor_send(a, &m);
}

static void unpublish(struct actor *a, uint32_t handle)
{
    Livekit__UnpublishDataTrackRequest body = LIVEKIT__UNPUBLISH_DATA_TRACK_REQUEST__INIT;
    body.pub_handle = handle;
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_UNPUBLISH_DATA_TRACK_REQUEST;
    m.unpublish_data_track_request = &body;
    actor_send(a, &m);
}

static void subscribe(struct actor *a, const char *sid, bool on)
{
    Livekit__UpdateDataSubscription__Update u = LIVEKIT__UPDATE_DATA_SUBSCRIPTION__UPDATE__INIT,
                                            *list[] = {&u};
    u.track_sid = (char *)(uintptr_t)sid;
    u.subscribe = on;
    Livekit__UpdateDataSubscription body = LIVEKIT__UPDATE_DATA_SUBSCRIPTION__INIT;
    body.n_updates = 1;
    body.updates = list;
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_UPDATE_DATA_SUBSCRIPTION;
    m.update_data_subscription = &body;
    actor_send(a, &m);
}

static const Livekit__DataTrackInfo *published(const struct actor *a)
{
    return actor_last(a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_PUBLISH_DATA_TRACK_RESPONSE)
        ->publish_data_track_response->info;
}

static Livekit__RequestResponse__Reason refusal(const struct actor *a)
{
    return actor_last(a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REQUEST_RESPONSE)
        ->request_response->reason;
}

static const Livekit__DataTrackSubscriberHandles *handles(const struct actor *a)
{
    return actor_last(a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_DATA_TRACK_SUBSCRIBER_HANDLES)
        ->data_track_subscriber_handles;
}

/* The last command about the actor's participant. */
static const Sluice__Link__Participant *told(const struct actor *a)
{
    uint64_t id = actor_participant(a)->index.id;
    for (size_t i = stage.command_count; i > 0; i--) {
        const Sluice__Link__Command *c = stage.commands[i - 1];
        if (c->body_case == SLUICE__LINK__COMMAND__BODY_OPEN_PARTICIPANT &&
            c->open_participant->id == id)
            return c->open_participant;
    }
    fail_msg("nothing about %s", a->identity);
    return NULL;
}

static void a_track_is_announced_and_subscribed_to(void **state)
{
    (void)state;
    join(&alice);
    join(&bob);
    actor_heard(&alice);
    publish(&alice, 7, "pose", "proto-of-ours");
    assert_string_equal(actor_heard(&alice), "publish_data_track_response update");
    const Livekit__DataTrackInfo *info = published(&alice);
    assert_memory_equal(info->sid, "DTR_", 4);
    assert_int_equal(info->pub_handle, 7);
    assert_string_equal(info->name, "pose");
    assert_int_equal(info->encryption, LIVEKIT__ENCRYPTION__TYPE__GCM);
    assert_string_equal(info->frame_encoding->custom, "proto-of-ours");
    assert_int_equal(told(&alice)->n_data_tracks, 1);
    assert_int_equal(told(&alice)->data_tracks[0]->handle, 7);
    const Livekit__ParticipantUpdate *u =
        actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE)->update;
    assert_int_equal(u->participants[0]->n_data_tracks, 1);
    assert_string_equal(u->participants[0]->data_tracks[0]->sid, info->sid);
    actor_heard(&bob);

    subscribe(&bob, info->sid, true);
    assert_string_equal(actor_heard(&bob), "data_track_subscriber_handles");
    assert_int_equal(handles(&bob)->n_sub_handles, 1);
    assert_string_equal(handles(&bob)->sub_handles[0]->value->track_sid, info->sid);
    assert_string_equal(handles(&bob)->sub_handles[0]->value->publisher_identity, "alice");
    assert_int_equal(told(&bob)->n_data_subscriptions, 1);
    assert_int_equal(told(&bob)->data_subscriptions[0]->handle, handles(&bob)->sub_handles[0]->key);
    assert_int_equal(told(&bob)->data_subscriptions[0]->track, told(&alice)->data_tracks[0]->id);

    uint32_t first = handles(&bob)->sub_handles[0]->key;
    subscribe(&bob, info->sid, false);
    assert_int_equal(handles(&bob)->n_sub_handles, 0);
    assert_int_equal(told(&bob)->n_data_subscriptions, 0);
    subscribe(&bob, info->sid, true);
    assert_int_not_equal(handles(&bob)->sub_handles[0]->key, first);
}

static void a_track_ends_for_its_subscribers(void **state)
{
    (void)state;
    join(&alice);
    bob.params.auto_subscribe_data_track = true;
    join(&bob);
    join(&carol);
    publish(&alice, 1, "a", NULL);
    publish(&alice, 2, "b", NULL);
    assert_int_equal(handles(&bob)->n_sub_handles, 2);
    actor_heard(&carol);
    unpublish(&alice, 1);
    assert_int_equal(handles(&bob)->n_sub_handles, 1);
    assert_string_equal(actor_heard(&carol), "update");
    assert_int_equal(told(&alice)->n_data_tracks, 1);
    assert_string_equal(
        actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UNPUBLISH_DATA_TRACK_RESPONSE)
            ->unpublish_data_track_response->info->name,
        "a");
    unpublish(&alice, 1);
    assert_int_equal(refusal(&alice), LIVEKIT__REQUEST_RESPONSE__REASON__INVALID_HANDLE);
    actor_leave(&alice);
    assert_int_equal(handles(&bob)->n_sub_handles, 0);
    assert_int_equal(told(&bob)->n_data_subscriptions, 0);
}

static void what_is_wrong_is_refused(void **state)
{
    (void)state;
    char long_name[258];
    memset(long_name, 'x', 257);
    long_name[257] = '\0';
    join(&alice);
    publish(&alice, 1, "a", NULL);
    const struct {
        uint32_t handle;
        const char *name, *encoding;
        Livekit__RequestResponse__Reason reason;
    } wrong[] = {
        {0, "b", NULL, LIVEKIT__REQUEST_RESPONSE__REASON__INVALID_HANDLE},
        {65536, "b", NULL, LIVEKIT__REQUEST_RESPONSE__REASON__INVALID_HANDLE},
        {2, "", NULL, LIVEKIT__REQUEST_RESPONSE__REASON__INVALID_NAME},
        {2, long_name, NULL, LIVEKIT__REQUEST_RESPONSE__REASON__INVALID_NAME},
        {1, "b", NULL, LIVEKIT__REQUEST_RESPONSE__REASON__DUPLICATE_HANDLE},
        {2, "a", NULL, LIVEKIT__REQUEST_RESPONSE__REASON__DUPLICATE_NAME},
        {2, "b", "longer than the thirty-two bytes allowed",
         LIVEKIT__REQUEST_RESPONSE__REASON__INVALID_REQUEST},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        publish(&alice, wrong[i].handle, wrong[i].name, wrong[i].encoding);
        assert_int_equal(refusal(&alice), wrong[i].reason);
    }
    char name[8];
    for (unsigned i = 2; i <= ROOM_DATA_TRACKS_MAX; i++) {
        snprintf(name, sizeof name, "%u", i);
        publish(&alice, i, name, NULL);
        assert_int_equal(published(&alice)->pub_handle, i);
    }
    publish(&alice, 1000, "one more", NULL);
    assert_int_equal(refusal(&alice), LIVEKIT__REQUEST_RESPONSE__REASON__LIMIT_EXCEEDED);
    assert_int_equal(told(&alice)->n_data_tracks, ROOM_DATA_TRACKS_MAX);
}

static void grants_count(void **state)
{
    (void)state;
    alice.claims.video.can_publish_data = TRISTATE_FALSE;
    bob.claims.video.can_subscribe = TRISTATE_FALSE;
    join(&alice);
    join(&bob);
    join(&carol);
    publish(&alice, 1, "a", NULL);
    assert_int_equal(refusal(&alice), LIVEKIT__REQUEST_RESPONSE__REASON__NOT_ALLOWED);
    publish(&carol, 1, "c", NULL);
    const char *sid = published(&carol)->sid;
    subscribe(&bob, sid, true);
    assert_int_equal(handles(&bob)->n_sub_handles, 0);
    subscribe(&carol, sid, true); /* one's own */
    assert_int_equal(handles(&carol)->n_sub_handles, 0);
    subscribe(&alice, sid, true);
    assert_int_equal(handles(&alice)->n_sub_handles, 1);

    /* taken away during the call */
    Livekit__ParticipantPermission grant = LIVEKIT__PARTICIPANT_PERMISSION__INIT;
    grant.can_subscribe = true;
    participant_set_permission(actor_participant(&carol), &grant, stage.now);
    assert_int_equal(handles(&alice)->n_sub_handles, 0);
    assert_int_equal(told(&carol)->n_data_tracks, 0);
    assert_false(told(&carol)->can_publish_data);
}

static void only_those_may_subscribe_whom_the_publisher_lets(void **state)
{
    (void)state;
    join(&alice);
    join(&bob);
    publish(&alice, 1, "a", NULL);
    Livekit__SubscriptionPermission body = LIVEKIT__SUBSCRIPTION_PERMISSION__INIT;
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_SUBSCRIPTION_PERMISSION;
    m.subscription_permission = &body;
    actor_send(&alice, &m);
    subscribe(&bob, published(&alice)->sid, true);
    assert_int_equal(handles(&bob)->n_sub_handles, 0);
    body.all_participants = true;
    actor_send(&alice, &m);
    subscribe(&bob, published(&alice)->sid, true);
    assert_int_equal(handles(&bob)->n_sub_handles, 1);
    body.all_participants = false;
    actor_send(&alice, &m);
    assert_int_equal(handles(&bob)->n_sub_handles, 0);
}

static void switched_off_tracks_are_refused(void **state)
{
    (void)state;
    stage.rooms->config.data_tracks = false;
    join(&alice);
    publish(&alice, 1, "a", NULL);
    assert_int_equal(refusal(&alice), LIVEKIT__REQUEST_RESPONSE__REASON__NOT_ALLOWED);
}

static void agents_are_told_to_the_dataplane(void **state)
{
    (void)state;
    alice.claims.kind = CLAIMS_AGENT;
    join(&alice);
    join(&bob);
    assert_true(told(&alice)->agent);
    assert_false(told(&bob)->agent);
}

static void sync(struct actor *a, uint32_t handle, const char *sid)
{
    Livekit__DataTrackInfo info = LIVEKIT__DATA_TRACK_INFO__INIT;
    info.pub_handle = handle;
    info.sid = (char *)(uintptr_t)sid;
    Livekit__PublishDataTrackResponse r = LIVEKIT__PUBLISH_DATA_TRACK_RESPONSE__INIT,
                                      *list[] = {&r};
    r.info = &info;
    Livekit__SyncState body = LIVEKIT__SYNC_STATE__INIT;
    body.n_publish_data_tracks = 1;
    body.publish_data_tracks = list;
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_SYNC_STATE;
    m.sync_state = &body;
    actor_send(a, &m);
}

static void a_client_that_resumes_must_know_its_tracks(void **state)
{
    (void)state;
    join(&alice);
    publish(&alice, 1, "a", NULL);
    char *sid = strdup(published(&alice)->sid);
    actor_cut(&alice);
    actor_resume(&alice);
    stage_pass(&stage, USEC_PER_SEC);
    sync(&alice, 1, sid);
    assert_null(strstr(actor_heard(&alice), "leave"));
    sync(&alice, 2, sid);
    assert_non_null(strstr(actor_heard(&alice), "leave"));
    free(sid);
}

/* A new control process, told by the dataplane what it was told. */
static void tracks_outlive_control(void **state)
{
    (void)state;
    join(&alice);
    join(&bob);
    publish(&alice, 9, "a", "of ours");
    subscribe(&bob, published(&alice)->sid, true);
    uint32_t handle = handles(&bob)->sub_handles[0]->key;
    stage_pass(&stage, USEC_PER_SEC);

    static struct stage second;
    stage_open(&second);
    rooms_link_lost(second.rooms);
    stage_welcome(&second, 1);
    const struct actor *both[] = {&alice, &bob};
    for (size_t i = 0; i < 2; i++) {
        Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
        e.body_case = SLUICE__LINK__EVENT__BODY_DUMP_PARTICIPANT;
        e.dump_participant = (Sluice__Link__Participant *)(uintptr_t)told(both[i]);
        stage_event(&second, &e);
    }
    for (size_t i = 0; i < stage.command_count; i++) {
        if (stage.commands[i]->body_case != SLUICE__LINK__COMMAND__BODY_OPEN_TRANSPORT)
            continue;
        Sluice__Link__DumpTransport t = SLUICE__LINK__DUMP_TRANSPORT__INIT;
        t.transport = stage.commands[i]->open_transport;
        Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
        e.body_case = SLUICE__LINK__EVENT__BODY_DUMP_TRANSPORT;
        e.dump_transport = &t;
        stage_event(&second, &e);
    }
    stage_dump_end(&second);
    struct actor again;
    actor_open(&again, &second, "bob");
    const struct participant *p = actor_participant(&again);
    assert_non_null(p);
    assert_non_null(p->data_subscriptions);
    assert_int_equal(p->data_subscriptions->handle, handle);
    const struct data_track *t = p->data_subscriptions->track;
    assert_string_equal(t->owner->claims.identity, "alice");
    assert_int_equal(t->id, told(&alice)->data_tracks[0]->id);
    assert_string_equal(t->info->frame_encoding->custom, "of ours");
    actor_close(&again);
    stage_close(&second);
}

/* ---- blobs ---- */

static void store(struct actor *a, uint32_t request, const char *key, const char *text, size_t len)
{
    Livekit__DataBlobKey k = LIVEKIT__DATA_BLOB_KEY__INIT;
    k.key_case = LIVEKIT__DATA_BLOB_KEY__KEY_GENERIC;
    k.generic = (char *)(uintptr_t)key;
    Livekit__DataBlob blob = LIVEKIT__DATA_BLOB__INIT;
    blob.key = key ? &k : NULL;
    blob.contents = (ProtobufCBinaryData){.len = len, .data = (uint8_t *)(uintptr_t)text};
    Livekit__StoreDataBlobRequest body = LIVEKIT__STORE_DATA_BLOB_REQUEST__INIT;
    body.request_id = request;
    body.blob = &blob;
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_STORE_DATA_BLOB_REQUEST;
    m.store_data_blob_request = &body;
    actor_send(a, &m);
}

static void get(struct actor *a, uint32_t request, const char *whose, const char *key)
{
    Livekit__DataBlobKey k = LIVEKIT__DATA_BLOB_KEY__INIT;
    k.key_case = LIVEKIT__DATA_BLOB_KEY__KEY_GENERIC;
    k.generic = (char *)(uintptr_t)key;
    Livekit__GetDataBlobRequest body = LIVEKIT__GET_DATA_BLOB_REQUEST__INIT;
    body.request_id = request;
    body.participant_identity = (char *)(uintptr_t)whose;
    body.key = &k;
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_GET_DATA_BLOB_REQUEST;
    m.get_data_blob_request = &body;
    actor_send(a, &m);
}

static void expect_blob(const struct actor *a, uint32_t request, const char *contents)
{
    const Livekit__GetDataBlobResponse *r =
        actor_last(a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_GET_DATA_BLOB_RESPONSE)
            ->get_data_blob_response;
    assert_int_equal(r->request_id, request);
    assert_int_equal(r->blob->contents.len, strlen(contents));
    assert_memory_equal(r->blob->contents.data, contents, strlen(contents));
}

static void blobs_are_fetched_by_others(void **state)
{
    (void)state;
    stage.rooms->config.data_blobs = true;
    join(&alice);
    join(&bob);
    store(&alice, 5, "schema", "one", 3);
    const Livekit__StoreDataBlobResponse *r =
        actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_STORE_DATA_BLOB_RESPONSE)
            ->store_data_blob_response;
    assert_int_equal(r->request_id, 5);
    assert_string_equal(r->key->generic, "schema");
    get(&bob, 6, "alice", "schema");
    expect_blob(&bob, 6, "one");
    store(&alice, 7, "schema", "second", 6);
    get(&alice, 8, "alice", "schema");
    expect_blob(&alice, 8, "second");
    get(&bob, 9, "alice", "other");
    assert_int_equal(refusal(&bob), LIVEKIT__REQUEST_RESPONSE__REASON__NOT_FOUND);
    get(&bob, 10, "nobody", "schema");
    assert_int_equal(actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REQUEST_RESPONSE)
                         ->request_response->request_id,
                     10);
}

static void blobs_outlive_control(void **state)
{
    (void)state;
    stage.rooms->config.data_blobs = true;
    join(&alice);
    store(&alice, 5, "schema", "one", 3);
    static struct stage second;
    memset(&second, 0, sizeof second);
    stage_pass(&stage, 1 * USEC_PER_SEC);
    stage_open(&second);
    rooms_link_lost(second.rooms);
    stage_welcome(&second, 1);
    stage_dump(&second, &stage);
    struct actor again;
    actor_open(&again, &second, "alice");
    second.rooms->config.data_blobs = true;
    actor_resume(&again);
    stage_pass(&second, 1 * USEC_PER_SEC);
    get(&again, 6, "alice", "schema");
    expect_blob(&again, 6, "one");
    actor_close(&again);
    stage_close(&second);
}

static void blobs_are_bounded(void **state)
{
    (void)state;
    static char big[64001];
    char key[258];
    memset(key, 'k', 257);
    key[257] = '\0';
    stage.rooms->config.data_blobs = true;
    join(&alice);
    store(&alice, 1, "a", big, 40000);
    store(&alice, 2, "b", big, 40000);
    assert_int_equal(refusal(&alice), LIVEKIT__REQUEST_RESPONSE__REASON__LIMIT_EXCEEDED);
    store(&alice, 3, "a", big, 60000); /* instead of the first */
    assert_int_equal(actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_STORE_DATA_BLOB_RESPONSE)
                         ->store_data_blob_response->request_id,
                     3);
    store(&alice, 4, key, big, 1);
    assert_int_equal(refusal(&alice), LIVEKIT__REQUEST_RESPONSE__REASON__INVALID_REQUEST);
    store(&alice, 5, NULL, big, 1);
    assert_int_equal(refusal(&alice), LIVEKIT__REQUEST_RESPONSE__REASON__INVALID_REQUEST);
}

static void blobs_are_off_by_default(void **state)
{
    (void)state;
    join(&alice);
    store(&alice, 1, "a", "x", 1);
    assert_int_equal(refusal(&alice), LIVEKIT__REQUEST_RESPONSE__REASON__NOT_ALLOWED);
    get(&alice, 2, "alice", "a");
    assert_int_equal(refusal(&alice), LIVEKIT__REQUEST_RESPONSE__REASON__NOT_ALLOWED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, cast_open, cast_close)
    const struct CMUnitTest tests[] = {
        TEST(a_track_is_announced_and_subscribed_to),
        TEST(a_track_ends_for_its_subscribers),
        TEST(what_is_wrong_is_refused),
        TEST(grants_count),
        TEST(only_those_may_subscribe_whom_the_publisher_lets),
        TEST(switched_off_tracks_are_refused),
        TEST(agents_are_told_to_the_dataplane),
        TEST(a_client_that_resumes_must_know_its_tracks),
        TEST(tracks_outlive_control),
        TEST(blobs_are_fetched_by_others),
        TEST(blobs_outlive_control),
        TEST(blobs_are_bounded),
        TEST(blobs_are_off_by_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
