-- +goose Up

-- What was measured of channels, a row a minute.
CREATE TABLE channel_metrics (
    channel  TEXT   NOT NULL REFERENCES channels (uid) ON DELETE CASCADE,
    at       BIGINT NOT NULL, -- the minute's begin
    measures TEXT   NOT NULL, -- JSON: the values by metric
    PRIMARY KEY (channel, at)
);

-- What was measured of flows, likewise.
CREATE TABLE flow_metrics (
    flow     TEXT   NOT NULL REFERENCES flows (id) ON DELETE CASCADE,
    at       BIGINT NOT NULL,
    measures TEXT   NOT NULL,
    PRIMARY KEY (flow, at)
);
