package gateway

import (
	"context"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/packager"
	"github.com/flowdeck/flowdeck/internal/picture"
	"github.com/flowdeck/flowdeck/internal/store"
)

// Pictures makes pictures of streams. *picture.Studio is one.
type Pictures interface {
	Latest(key string, from picture.Source) (picture.Picture, bool)
	Every() time.Duration
}

// pictures answers the newest pictures of what is asked for and runs. What the
// project does not have has no picture, nor has a channel for who may not see any.
func (g *Gateway) pictures(c *call) (answer, error) {
	values, err := c.query()
	if err != nil {
		return answer{}, err
	}
	if len(values["of"]) > medialive.MaxPictures {
		return answer{}, invalid("of must come at most %d times", medialive.MaxPictures)
	}
	list, channels := []medialive.Picture{}, g.seesChannels(c)
	for _, value := range values["of"] {
		of, newer, err := readSubject(value)
		if err != nil {
			return answer{}, err
		}
		p, ok := g.picture(c.project, of, channels)
		if !ok {
			continue
		}
		shown := medialive.Picture{Of: of, At: p.At, Age: time.Since(p.At).Seconds()}
		if p.At.UnixMilli() > newer {
			shown.JPEG = p.JPEG
		}
		list = append(list, shown)
	}
	return ok(list)
}

// readSubject reads what a picture is wanted of, and the time, in Unix
// milliseconds, of the one that is there already.
func readSubject(value string) (of medialive.Subject, newer int64, err error) {
	name, at, timed := strings.Cut(value, "@")
	if timed {
		if newer, err = strconv.ParseInt(at, 10, 64); err != nil {
			return "", 0, invalid("of must end with a time in milliseconds, or without @")
		}
	}
	of = medialive.Subject(name)
	_, flow := of.Flow()
	if _, channel := of.Channel(); !flow && !channel {
		return "", 0, invalid("of must be flow/{id} or channel/{domain}/{app_name}/{id}")
	}
	return of, newer, nil
}

func (g *Gateway) picture(project string, of medialive.Subject, channels bool) (picture.Picture, bool) {
	if g.opts.Pictures == nil {
		return picture.Picture{}, false
	}
	if id, ok := of.Flow(); ok {
		if w, _, _, _ := g.media.facts(id); w == nil || w.isInlet() || w.rec.row.ProjectID != project {
			return picture.Picture{}, false
		}
		return g.opts.Pictures.Latest(id, func(ctx context.Context) ([]byte, error) { return g.keyFrame(ctx, id) })
	}
	key, _ := of.Channel()
	uid, runs := g.runs.find(project, store.ChannelKey(key))
	if !runs || !channels {
		return picture.Picture{}, false
	}
	return g.opts.Pictures.Latest(uid, func(ctx context.Context) ([]byte, error) { return g.opts.Channels.Still(ctx, uid) })
}

// keyFrame waits for a key frame of a flow's source.
func (g *Gateway) keyFrame(ctx context.Context, flow string) ([]byte, error) {
	stream, err := g.opts.Tap(ctx, flow)
	if err != nil {
		return nil, err
	}
	defer func() { _ = stream.Close() }()
	return packager.KeyFrame(ctx, stream)
}

// Tap opens what the source of a flow sends; see [Taps].
type Tap = func(ctx context.Context, id string) (io.ReadCloser, error)

// pictureSeconds is how often a picture of a stream is made; 0: none is.
func (g *Gateway) pictureSeconds() float64 {
	if g.opts.Pictures == nil {
		return 0
	}
	return g.opts.Pictures.Every().Seconds()
}
