/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration of sluice-authz: the environment of lk-jwt-service as it is, the API keys of a
 * livekit.yaml, and section `sluice.authz` of that file. A variable has precedence over the file.
 */
#ifndef SLUICE_COMMON_CONFIG_AUTHZ_H
#define SLUICE_COMMON_CONFIG_AUTHZ_H

#include "common/clock.h"
#include "common/config/config.h"
#include "common/jwt/keys.h"

#define AUTHZ_SERVER_NAME 264
#define AUTHZ_URL         512
#define AUTHZ_HOMESERVERS 64
#define AUTHZ_LISTENERS   8

/* homeservers: {name: {...}}: servers of the operator's own. No discovery, no address refused. */
struct config_homeserver {
    char name[AUTHZ_SERVER_NAME];
    char federation_url[AUTHZ_URL]; /* federation_url: "" find it; http:// is allowed */
    char client_url[AUTHZ_URL];     /* client_url: "" find it; http:// is allowed */
    char ca_file[CONFIG_TEXT];      /* ca_file: whom its certificates are by; "" the system's */
    uint32_t delayed_event_rate;    /* delayed_event_rate: calls per second; 0: 1 */
    bool full_access;               /* in full_access_homeservers */
};

enum authz_publish { AUTHZ_PUBLISH_TRUE, AUTHZ_PUBLISH_AUTO, AUTHZ_PUBLISH_FALSE };
enum authz_sfu { AUTHZ_SFU_AUTO, AUTHZ_SFU_LOCAL, AUTHZ_SFU_TWIRP };

struct config_authz {
    char livekit_url[AUTHZ_URL];               /* livekit_url, LIVEKIT_URL */
    struct api_keys keys;                      /* the first one signs */
    char listen[AUTHZ_LISTENERS][CONFIG_TEXT]; /* listen, LIVEKIT_JWT_BIND; ":8080" */
    size_t n_listen;
    struct config_homeserver homeservers[AUTHZ_HOMESERVERS];
    size_t n_homeservers;
    bool full_access_any;                  /* the list is "*" alone */
    char ca_file[CONFIG_TEXT];             /* ca_file, SSL_CERT_FILE: in place of the system's */
    bool insecure_tls;                     /* LIVEKIT_INSECURE_SKIP_VERIFY_TLS */
    enum authz_publish restricted_publish; /* restricted_publish: true | auto | false */
    bool can_update_own_metadata; /* can_update_own_metadata, LIVEKIT_CAN_UPDATE_OWN_METADATA */
    enum authz_sfu sfu;           /* sfu: auto | local | twirp */
    bool delegation;              /* delegation: false answers 404 */
    bool delegate_restricted;     /* delegate_restricted */
    usec_t grace;                 /* grace: between seeing someone gone and the leave */
    usec_t start_grace;           /* start_grace: the same after a start of ours or the SFU's */
    usec_t sanity_interval;       /* sanity_check_interval, LIVEKIT_SANITY_CHECK_INTERVAL_SECONDS */
    usec_t lookup_time;           /* lookup_time: how long a homeserver is waited for */
    char state_dir[CONFIG_TEXT];  /* state_dir, STATE_DIRECTORY; /var/lib/sluice */
    char redis_url[AUTHZ_URL], redis_password[CONFIG_TEXT]; /* redis_url, LIVEKIT_REDIS_URL */
    char run_dir[CONFIG_TEXT];                              /* sluice.run_dir, SLUICE_RUN_DIR */
    char user[CONFIG_TEXT]; /* user, else sluice.user: to become after start, if root; "" stay */
    char dns_servers[CONFIG_TEXT];       /* dns_servers: in place of the system's */
    struct config_list allowed_networks; /* allowed_networks: private ones that are reachable */
    uint32_t rate,
        rate_burst; /* rate: token requests per second of one source, 0: any; rate_burst */
    struct config_list trusted_proxies; /* trusted_proxies: whose X-Forwarded-For is believed */
    char service_url[AUTHZ_URL]; /* service_url: what the transports document names; "": none */
    char well_known_base_url[AUTHZ_URL]; /* well_known_base_url: serve /.well-known/matrix/client */
    enum log_level log_level;            /* log_level, LIVEKIT_LOG_LEVEL */
    bool log_json;
};

/* Reads --config FILE (or LIVEKIT_CONFIG, its text) and the environment. `env` is getenv(), or a
 * stand-in for tests. False with a reason. */
bool config_authz_load(struct config_authz *c, const char *file, const char *body,
                       char *(*env)(const char *name), char err[static CONFIG_ERROR_TEXT]);

/* The entry of a server, or NULL. */
const struct config_homeserver *config_authz_homeserver(const struct config_authz *c,
                                                        const char *name);

/* True if users of that server may create rooms. */
bool config_authz_full_access(const struct config_authz *c, const char *name);

/* "server=url,server=url" into the client_url of the entries. */
bool config_authz_overrides(struct config_authz *c, const char *text,
                            char err[static CONFIG_ERROR_TEXT]);

#endif
