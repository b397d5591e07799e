package handlers

import (
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/text"
)

// The cookies in which a browser keeps what it prefers. They are no secret.
const (
	cookieLang  = "flowdeck_lang"
	cookieTheme = "flowdeck_theme"
	cookieLimit = "flowdeck_limit"
)

const yearOfSeconds = int(365 * 24 * time.Hour / time.Second)

// languageOf gives the reader's language: the one chosen, else the first that
// the browser asks for and we speak, else English.
func languageOf(r *http.Request) string {
	if c, err := r.Cookie(cookieLang); err == nil && (c.Value == text.EN || c.Value == text.ZH) {
		return c.Value
	}
	return text.Accepted(cut(r.Header.Get("Accept-Language"), 256))
}

// themeOf gives the theme that was chosen; dark is the control room's.
func themeOf(r *http.Request) layout.Theme {
	if c, err := r.Cookie(cookieTheme); err == nil {
		if t := layout.Theme(c.Value); t == layout.ThemeLight || t == layout.ThemeAuto {
			return t
		}
	}
	return layout.ThemeDark
}

// limitOf gives the page size that was chosen last, or 0.
func limitOf(r *http.Request) int {
	if c, err := r.Cookie(cookieLimit); err == nil {
		if n, err := strconv.Atoi(c.Value); err == nil {
			return n
		}
	}
	return 0
}

// setPreferences keeps a language or a theme, and goes back to the page.
// POST /settings (lang, theme, next)
func (d *desk) setPreferences(c echo.Context) error {
	if lang := c.FormValue("lang"); lang == text.EN || lang == text.ZH {
		d.keep(c, cookieLang, lang)
	}
	switch theme := layout.Theme(c.FormValue("theme")); theme {
	case layout.ThemeDark, layout.ThemeLight, layout.ThemeAuto:
		d.keep(c, cookieTheme, string(theme))
	}
	return c.Redirect(http.StatusSeeOther, parseDestination(c.FormValue("next")).Path())
}

// keep sets a cookie for a year.
func (d *desk) keep(c echo.Context, name, value string) {
	c.SetCookie(&http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: yearOfSeconds,
		HttpOnly: true, Secure: d.secure, SameSite: http.SameSiteLaxMode,
	})
}
