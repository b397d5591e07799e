-- +goose Up

-- A ticket may be good only after a while.
ALTER TABLE tickets ADD COLUMN not_before BIGINT NOT NULL DEFAULT 0;

-- The activity trail: lines are only ever added.
CREATE TABLE trail_lines (
    seq        BIGINT PRIMARY KEY, -- 1, 2, 3 … without a gap
    at         BIGINT NOT NULL,
    endpoint   TEXT   NOT NULL,
    project    TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    id         TEXT   NOT NULL, -- of a command, an alarm …
    flow_id    TEXT   NOT NULL,
    flow_name  TEXT   NOT NULL,
    verb       TEXT   NOT NULL,
    target     TEXT   NOT NULL,
    actor      TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    detail     TEXT   NOT NULL,
    outcome    TEXT   NOT NULL,
    cause      TEXT   NOT NULL,
    code       TEXT   NOT NULL,
    message    TEXT   NOT NULL,
    request    TEXT   NOT NULL,
    key_number BIGINT NOT NULL,
    mac        BYTEA   NOT NULL
);
CREATE INDEX trail_lines_project ON trail_lines (endpoint, project, seq);
CREATE INDEX trail_lines_flow ON trail_lines (flow_id, seq);
CREATE INDEX trail_lines_id ON trail_lines (id);

CREATE TABLE trail_head (
    id         BIGINT PRIMARY KEY CHECK (id = 1),
    lines      BIGINT NOT NULL, -- how many there are
    mac        BYTEA   NOT NULL, -- of the last
    key_number BIGINT NOT NULL,
    proof      BYTEA   NOT NULL  -- keyed hash of the above
);

-- What people keep about flows: protection, notes, labels, bands and so on.
CREATE TABLE cares (
    endpoint TEXT   NOT NULL,
    project  TEXT   NOT NULL,
    subject  TEXT   NOT NULL, -- id of the flow; empty: the project
    topic    TEXT   NOT NULL,
    body     BYTEA   NOT NULL,
    actor    TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    version  BIGINT NOT NULL,
    PRIMARY KEY (endpoint, project, subject, topic)
);

CREATE TABLE alarms (
    id        TEXT    NOT NULL PRIMARY KEY,
    endpoint  TEXT    NOT NULL,
    project   TEXT    NOT NULL,
    flow_id   TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    target    TEXT    NOT NULL,
    raised_at BIGINT  NOT NULL,
    is_open   BOOLEAN NOT NULL,
    body      BYTEA    NOT NULL
);
CREATE UNIQUE INDEX alarms_open ON alarms (endpoint, project, kind, flow_id, target) WHERE is_open;
CREATE INDEX alarms_raised ON alarms (endpoint, project, raised_at);

CREATE TABLE shelves (
    id       TEXT   NOT NULL PRIMARY KEY,
    endpoint TEXT   NOT NULL,
    project  TEXT   NOT NULL,
    ends_at  BIGINT NOT NULL,
    body     BYTEA   NOT NULL
);
CREATE INDEX shelves_project ON shelves (endpoint, project, ends_at);

CREATE TABLE webhooks (
    id             TEXT    NOT NULL PRIMARY KEY,
    endpoint       TEXT    NOT NULL,
    project        TEXT    NOT NULL,
    name           TEXT    NOT NULL,
    shape          TEXT    NOT NULL,
    host           TEXT    NOT NULL,
    least_priority TEXT    NOT NULL,
    disabled       BOOLEAN NOT NULL,
    sealed         BYTEA    NOT NULL, -- address and secret
    key_number     BIGINT  NOT NULL,
    actor          TEXT    NOT NULL,
    at             BIGINT  NOT NULL
);
CREATE INDEX webhooks_project ON webhooks (endpoint, project);

CREATE TABLE deliveries (
    id       TEXT   NOT NULL PRIMARY KEY,
    webhook  TEXT   NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    event    TEXT   NOT NULL,
    subject  TEXT   NOT NULL,
    body     BYTEA   NOT NULL,
    at       BIGINT NOT NULL,
    next_try BIGINT NOT NULL,
    done_at  BIGINT NOT NULL, -- 0: yet to be delivered
    tries    BIGINT NOT NULL,
    status   BIGINT NOT NULL,
    problem  TEXT   NOT NULL
);
CREATE INDEX deliveries_due ON deliveries (next_try) WHERE done_at = 0;
CREATE INDEX deliveries_webhook ON deliveries (webhook, at);
CREATE INDEX deliveries_at ON deliveries (at);

CREATE TABLE history (
    endpoint TEXT   NOT NULL,
    project  TEXT   NOT NULL,
    flow_id  TEXT   NOT NULL,
    leg      TEXT   NOT NULL,
    step     BIGINT NOT NULL, -- seconds
    from_at  BIGINT NOT NULL,
    body     BYTEA   NOT NULL,
    PRIMARY KEY (endpoint, project, flow_id, leg, step, from_at)
);
CREATE INDEX history_old ON history (step, from_at);
