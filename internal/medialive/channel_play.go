package medialive

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
)

// Play asks a gateway for a file of a channel's package, as a player does: without
// a token. The file is "package id/name", as [PlayAddress] and manifests have it;
// byteRange is that of the player, or empty. The answer is as the gateway gave it,
// whatever its status; its body is the caller's to close.
func (c *Client) Play(ctx context.Context, key ChannelKey, file string, query url.Values, byteRange string) (*http.Response, error) {
	parts := []string{"play", c.project, key.Domain, key.AppName, key.ID, file}
	path := strings.Join(parts, "/")
	if !fs.ValidPath(path) {
		return nil, &Error{Op: "Play", Kind: KindNotFound, Err: errors.New("not the path of a file")}
	}
	r := request{op: "Play", method: http.MethodGet, path: "/" + path, query: query, header: http.Header{"Accept": {"*/*"}}}
	if byteRange != "" {
		r.header.Set("Range", byteRange)
	}
	resp, err := c.link.send(ctx, r)
	if err != nil {
		return nil, err
	}
	return resp, nil
}
