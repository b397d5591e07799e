-- +goose Up

-- Where the people of a rule sign in; empty: anywhere.
ALTER TABLE role_rules ADD COLUMN region TEXT NOT NULL DEFAULT '';

-- The groups of the gateway's IAM. One is there while it has somebody.
CREATE TABLE user_groups (
    name       TEXT   NOT NULL,
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (name, user_id)
);
CREATE INDEX user_groups_user ON user_groups (user_id);
