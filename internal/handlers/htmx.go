package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// The names of htmx's headers are written here and nowhere else.
const (
	headerHXRequest  = "HX-Request"
	headerHXBoosted  = "HX-Boosted"
	headerHXHistory  = "HX-History-Restore-Request"
	headerHXRedirect = "HX-Redirect"
	headerHXRetarget = "HX-Retarget"
	headerHXReswap   = "HX-Reswap"
	headerHXPushURL  = "HX-Push-Url"
)

// wantsFragment tells whether htmx asks for a piece of a page: not for a page
// by a boosted link, and not to restore one from the history.
func wantsFragment(r *http.Request) bool {
	h := r.Header
	return h.Get(headerHXRequest) == "true" && h.Get(headerHXBoosted) != "true" && h.Get(headerHXHistory) != "true"
}

// seeOther leads on to a path of ours after a form was taken: by a 303, or by
// htmx's own header, because htmx would follow a 303 into the fragment.
func seeOther(c echo.Context, path string) error {
	if wantsFragment(c.Request()) {
		c.Response().Header().Set(headerHXRedirect, path)
		return c.NoContent(http.StatusNoContent)
	}
	return c.Redirect(http.StatusSeeOther, path)
}
