package control

import (
	"context"
	"encoding/json"

	"github.com/flowdeck/flowdeck/internal/monitor"
)

// topicMedia is what is kept, of a project, of the flows to which media came.
const topicMedia = "media"

// Media gives what was kept of the flows to which media came, for the watcher
// of a project. What cannot be read is for the log, and is replaced.
func (j journal) Media(ctx context.Context, key monitor.Key) (map[string]monitor.Media, error) {
	var all map[string]monitor.Media
	version, err := j.c.recall(ctx, ofProject(key), "", topicMedia, &all)
	if version > 0 && err != nil {
		j.c.log.ErrorContext(ctx, "media of flows not readable", "error", err)
		return nil, nil //nolint:nilerr // known to be of no use
	}
	return all, err
}

// KeepMedia keeps it in place of what was kept. It fails where another dashboard
// was as fast.
func (j journal) KeepMedia(ctx context.Context, key monitor.Key, all map[string]monitor.Media) error {
	var before json.RawMessage
	version, err := j.c.recall(ctx, ofProject(key), "", topicMedia, &before)
	if err != nil {
		return err
	}
	return j.c.keep(ctx, ofProject(key), "", topicMedia, all, version)
}

// ofProject is nobody, at work for the watcher of a project.
func ofProject(key monitor.Key) Operator {
	return Operator{Endpoint: key.Endpoint, Project: key.ProjectID}
}
