-- +goose Up

-- Whose session it is, so that people find their own: SHA-256 of endpoint,
-- account and user.
ALTER TABLE sessions ADD COLUMN owner BLOB;
CREATE INDEX sessions_owner ON sessions (owner);

-- Who has which role; asked in order.
CREATE TABLE role_rules (
    id         TEXT   NOT NULL PRIMARY KEY,
    position   BIGINT NOT NULL,
    account    TEXT   NOT NULL, -- patterns; empty: any
    user_name  TEXT   NOT NULL,
    group_name TEXT   NOT NULL,
    role       TEXT   NOT NULL
);

-- Displays: read-only walls.
CREATE TABLE displays (
    id         TEXT    NOT NULL PRIMARY KEY,
    endpoint   TEXT    NOT NULL,
    project    TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    body       BLOB    NOT NULL, -- JSON: what it shows, and how
    key_hash   BLOB    NOT NULL UNIQUE, -- SHA-256 of the key in its link
    paused     BOOLEAN NOT NULL,
    expires_at BIGINT  NOT NULL, -- 0: never
    made_by    TEXT    NOT NULL,
    made_at    BIGINT  NOT NULL,
    version    BIGINT  NOT NULL
);
CREATE INDEX displays_project ON displays (endpoint, project, name);

-- Browsers that opened a display's link.
CREATE TABLE screens (
    hash       BLOB   NOT NULL PRIMARY KEY, -- SHA-256 of its cookie
    display    TEXT   NOT NULL REFERENCES displays (id) ON DELETE CASCADE,
    opened_at  BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    address    TEXT   NOT NULL,
    version    TEXT   NOT NULL, -- of the program that last served it
    agent      TEXT   NOT NULL  -- what the browser says it is
);
CREATE INDEX screens_display ON screens (display);
