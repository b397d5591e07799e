-- +goose Up

-- The gateway's channels.
CREATE TABLE channels (
    uid        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    project_id TEXT    NOT NULL,
    domain     TEXT    NOT NULL,
    app_name   TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    state      TEXT    NOT NULL, -- ON, OFF
    definition BYTEA   NOT NULL, -- JSON with its secrets, sealed
    push_port  BIGINT  NOT NULL, -- TCP; 0: none
    srt_port   BIGINT  NOT NULL, -- UDP; 0: none
    srt_standby BIGINT NOT NULL, -- UDP, of the standby
    created_at BIGINT  NOT NULL,
    changed_at BIGINT  NOT NULL,
    UNIQUE (project_id, domain, app_name, id)
);
CREATE UNIQUE INDEX channels_push_port ON channels (push_port) WHERE push_port <> 0;
CREATE UNIQUE INDEX channels_srt_port ON channels (srt_port) WHERE srt_port <> 0;
CREATE UNIQUE INDEX channels_srt_standby ON channels (srt_standby) WHERE srt_standby <> 0;
CREATE INDEX channels_newest ON channels (project_id, created_at, uid);

-- Where channels are played; an address leads to one channel of the gateway.
CREATE TABLE channel_addresses (
    address BYTEA NOT NULL PRIMARY KEY, -- SHA-256 of it without its scheme
    channel TEXT COLLATE "C" NOT NULL REFERENCES channels (uid) ON DELETE CASCADE
);
CREATE INDEX channel_addresses_channel ON channel_addresses (channel);

-- SCTE-35 signals that were seen in the inputs of channels.
CREATE TABLE channel_signals (
    channel      TEXT COLLATE "C" NOT NULL REFERENCES channels (uid) ON DELETE CASCADE,
    starts_at    BIGINT NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL,
    event_id     BIGINT NOT NULL,
    duration     BIGINT NOT NULL, -- seconds, -1: not told
    segmentation TEXT   NOT NULL,
    data         TEXT   NOT NULL, -- base64
    decoded      TEXT   NOT NULL, -- JSON
    PRIMARY KEY (channel, starts_at, kind, event_id)
);
