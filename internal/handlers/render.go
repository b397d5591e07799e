package handlers

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/text"
)

// model is a view model of the templates.
type model interface{ View() templ.Component }

const contentHTML = "text/html; charset=utf-8"

// printer renders models, first into memory and then to the browser, so that
// one that fails leaves no half page.
type printer struct {
	buffers sync.Pool
	packer  *packer
	broken  map[string][]byte // a page of last resort, by language
}

// newPrinter makes a printer, and the page that it falls back to.
func newPrinter(ctx context.Context) (*printer, error) {
	p := &printer{packer: newPacker(), broken: map[string][]byte{}}
	p.buffers.New = func() any { return new(bytes.Buffer) }
	for _, lang := range []string{text.EN, text.ZH} {
		t := text.For(lang)
		problem := problemOf(t, answerTo(errPanic))
		page, err := p.bytes(ctx, layout.ErrorPage{
			Bare:   layout.Bare{T: t, Title: problem.Title},
			Status: http.StatusInternalServerError, Problem: problem,
		})
		if err != nil {
			return nil, fmt.Errorf("render the error page in %s: %w", lang, err)
		}
		p.broken[lang] = page
	}
	return p, nil
}

// page answers with a model.
func (p *printer) page(c echo.Context, status int, m model) error {
	buffer := p.buffers.Get().(*bytes.Buffer)
	defer p.buffers.Put(buffer)
	buffer.Reset()
	if err := m.View().Render(c.Request().Context(), buffer); err != nil {
		return fmt.Errorf("render %T: %w", m, err)
	}
	return send(c, status, buffer.Bytes(), func() []byte { return p.packer.pack(buffer.Bytes()) })
}

// bytes renders a model into memory of its own.
func (p *printer) bytes(ctx context.Context, m model) ([]byte, error) {
	buffer := p.buffers.Get().(*bytes.Buffer)
	defer p.buffers.Put(buffer)
	buffer.Reset()
	if err := m.View().Render(ctx, buffer); err != nil {
		return nil, fmt.Errorf("render %T: %w", m, err)
	}
	return bytes.Clone(buffer.Bytes()), nil
}
