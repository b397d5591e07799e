-- +goose Up

-- The dashboard.
CREATE TABLE sessions (
    key        BLOB   NOT NULL PRIMARY KEY, -- SHA-256 of the id in the cookie
    sealed     BLOB   NOT NULL,
    key_number BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

CREATE TABLE tickets (
    hash       BLOB   NOT NULL PRIMARY KEY,
    session    BLOB   NOT NULL, -- key of the session it was issued to
    verb       TEXT   NOT NULL,
    subject    TEXT   NOT NULL,
    state      TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX tickets_session ON tickets (session);
CREATE INDEX tickets_expires_at ON tickets (expires_at);

CREATE TABLE commands (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT, -- order among commands of one millisecond
    id         TEXT   NOT NULL UNIQUE,
    endpoint   TEXT   NOT NULL,
    project    TEXT   NOT NULL,
    flow_id    TEXT   NOT NULL,
    flow_name  TEXT   NOT NULL,
    verb       TEXT   NOT NULL,
    target     TEXT   NOT NULL,
    actor      TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    detail     TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    outcome    TEXT   NOT NULL, -- empty: open
    kind       TEXT   NOT NULL,
    code       TEXT   NOT NULL,
    message    TEXT   NOT NULL,
    request_id TEXT   NOT NULL,
    settled_at BIGINT NOT NULL
);
CREATE INDEX commands_flow ON commands (endpoint, project, flow_id, at);
CREATE INDEX commands_open ON commands (at) WHERE outcome = '';

-- The gateway.
CREATE TABLE flows (
    id            TEXT    NOT NULL PRIMARY KEY,
    project_id    TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    region        TEXT    NOT NULL,
    active        BOOLEAN NOT NULL,
    active_since  BIGINT  NOT NULL,
    created_at    BIGINT  NOT NULL,
    source        BLOB    NOT NULL, -- JSON without the passphrase
    source_secret BLOB,             -- sealed
    UNIQUE (project_id, name)
);
CREATE INDEX flows_newest ON flows (project_id, created_at, id);

CREATE TABLE flow_outputs (
    flow_id  TEXT   NOT NULL REFERENCES flows (id) ON DELETE CASCADE,
    name     TEXT   NOT NULL,
    position BIGINT NOT NULL,
    config   BLOB   NOT NULL, -- JSON without the passphrase
    secret   BLOB,            -- sealed
    PRIMARY KEY (flow_id, name)
);

CREATE TABLE listener_ports (
    port    BIGINT NOT NULL PRIMARY KEY,
    flow_id TEXT   NOT NULL REFERENCES flows (id) ON DELETE CASCADE,
    output  TEXT   NOT NULL, -- empty: the source
    UNIQUE (flow_id, output)
);

-- The gateway's IAM.
CREATE TABLE projects (
    id        TEXT NOT NULL PRIMARY KEY,
    name      TEXT NOT NULL UNIQUE,
    domain_id TEXT NOT NULL
);

CREATE TABLE users (
    id          TEXT    NOT NULL PRIMARY KEY,
    name        TEXT    NOT NULL UNIQUE,
    password    TEXT    NOT NULL, -- argon2id, encoded with its parameters
    password_at BIGINT  NOT NULL,
    disabled    BOOLEAN NOT NULL,
    allow       TEXT    NOT NULL, -- JSON array of action patterns
    totp_secret BLOB,             -- sealed; NULL: no second factor
    totp_step   BIGINT  NOT NULL, -- the last one used
    epoch       BIGINT  NOT NULL, -- tokens of an older one are void
    created_at  BIGINT  NOT NULL
);

CREATE TABLE access_keys (
    access     TEXT   NOT NULL PRIMARY KEY,
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    secret     BLOB   NOT NULL, -- sealed
    created_at BIGINT NOT NULL
);
CREATE INDEX access_keys_user ON access_keys (user_id);

CREATE TABLE tokens (
    hash       BLOB   NOT NULL PRIMARY KEY, -- SHA-256
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    project_id TEXT   NOT NULL, -- empty: scope is the domain
    methods    TEXT   NOT NULL,
    epoch      BIGINT NOT NULL,
    issued_at  BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX tokens_user ON tokens (user_id);
CREATE INDEX tokens_expires_at ON tokens (expires_at);
