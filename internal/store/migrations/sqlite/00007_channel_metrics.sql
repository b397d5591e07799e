-- +goose Up

-- What was measured of channels, a row a minute.
CREATE TABLE channel_metrics (
    channel  TEXT   NOT NULL REFERENCES channels (uid) ON DELETE CASCADE,
    at       BIGINT NOT NULL, -- the minute's begin
    measures TEXT   NOT NULL, -- JSON: the values by metric
    PRIMARY KEY (channel, at)
);
