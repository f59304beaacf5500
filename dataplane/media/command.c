/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands of the session thread. Handles of what is gone are passed over: commands and closings
 * cross on the way.
 */
#include "dataplane/media/engine.h"

static void session_command(struct media *m, struct session *s, const struct media_command *c)
{
    switch (c->type) {
    case MEDIA_SET_KEYS:
        session_set_keys(m, s, &c->keys);
        break;
    case MEDIA_SET_PATH:
        session_set_path(m, s, &c->path);
        break;
    case MEDIA_ADD_REMOTE:
        session_add_remote(m, s, &c->path.remote);
        break;
    case MEDIA_REMOVE_REMOTE:
        session_remove_remote(m, s, &c->path.remote);
        break;
    case MEDIA_SET_BANDWIDTH:
        bandwidth_set(m, s, &c->bandwidth);
        break;
    default:
        session_close(m, s);
    }
}

static void track_command(struct media *m, struct track *t, const struct media_command *c)
{
    switch (c->type) {
    case MEDIA_SET_READERS:
        track_set_readers(m, t, c->readers);
        break;
    case MEDIA_REQUEST_KEY_FRAME:
        key_frame_request(m, t, LAYER_NONE, false);
        break;
    default:
        track_close(m, t);
    }
}

static void discard_keys(const struct media_command *c)
{
    if (c->type != MEDIA_SET_KEYS)
        return;
    srtp_key_destroy(c->keys.receive);
    srtp_key_destroy(c->keys.send);
}

void command_apply(struct media *m, const struct media_command *c)
{
    struct session *s;
    struct track *t;
    struct downtrack *d;
    switch (c->type) {
    case MEDIA_OPEN_SESSION:
        session_open(m, c->handle);
        break;
    case MEDIA_SET_KEYS:
    case MEDIA_SET_PATH:
    case MEDIA_ADD_REMOTE:
    case MEDIA_REMOVE_REMOTE:
    case MEDIA_SET_BANDWIDTH:
    case MEDIA_CLOSE_SESSION:
        if ((s = session_of(m, c->handle)))
            session_command(m, s, c);
        else
            discard_keys(c);
        break;
    case MEDIA_SET_TRACK:
        track_set(m, c->handle, &c->track);
        break;
    case MEDIA_CLOSE_TRACK:
    case MEDIA_SET_READERS:
    case MEDIA_REQUEST_KEY_FRAME:
        if ((t = track_of(m, c->handle)))
            track_command(m, t, c);
        break;
    case MEDIA_SET_DOWNTRACK:
        downtrack_set(m, c->handle, &c->downtrack);
        break;
    case MEDIA_CLOSE_DOWNTRACK:
        if ((d = downtrack_of(m, c->handle)))
            downtrack_close(m, d);
        break;
    }
}
