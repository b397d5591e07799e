package handlers

import (
	"context"
	"encoding/csv"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/measure"
	"github.com/flowdeck/flowdeck/internal/medialive"
)

// file gives what is measured of a channel as a file.
// GET /channels/:domain/:app/:id/statistics.csv (range)
func (h *measures) file(c echo.Context) error {
	v := visitOf(c)
	ch, err := v.channel(c)
	if err != nil {
		return err
	}
	q, err := parseMeasureQuery(c.QueryParams())
	if err != nil {
		return err
	}
	return h.values(c, v, q, "channel-"+plainName(ch.ChannelKey.ID), func(m medialive.Metric) bool { return isOf(m, ch.ChannelKey) })
}

// chosenFile gives what was chosen on the monitoring page as a file.
// GET /channels/monitoring.csv (range, on…)
func (h *measures) chosenFile(c echo.Context) error {
	q, err := parseMeasureQuery(c.QueryParams())
	if err != nil || len(q.on) == 0 {
		return errBadRequest
	}
	return h.values(c, visitOf(c), q, "monitoring", q.has)
}

// values gives the values of some metrics as a file.
func (h *measures) values(c echo.Context, v *visit, q measureQuery, name string, wanted func(medialive.Metric) bool) error {
	asker, err := h.asker(v)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), measureWithin)
	defer cancel()
	read := h.readMetrics(ctx, asker, q.span, wanted)
	if read.err != nil {
		return read.err
	}
	head := c.Response().Header()
	head.Set(echo.HeaderContentType, "text/csv; charset=utf-8")
	head.Set(echo.HeaderContentDisposition, `attachment; filename="`+name+"-"+q.key+"-"+h.now().UTC().Format("20060102T150405Z")+`.csv"`)
	c.Response().WriteHeader(http.StatusOK)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	return writeMeasures(c.Response(), read.Values)
}

// writeMeasures writes a line for each value. What a service named may not pass for
// a formula.
func writeMeasures(out io.Writer, values measure.Values) error {
	harmless := func(cell string) string {
		if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
			return "'" + cell
		}
		return cell
	}
	w := csv.NewWriter(out)
	_ = w.Write([]string{"time", "of", "metric", "value", "unit"}) // kept by w
	for _, s := range values.Series {
		for _, p := range s.Points {
			row := []string{
				p.At.UTC().Format(time.RFC3339), harmless(dimensionsSaid(s.Dimensions)), harmless(s.Name),
				strconv.FormatFloat(p.Value, 'f', -1, 64), harmless(s.Unit),
			}
			if err := w.Write(row); err != nil {
				return err
			}
		}
	}
	w.Flush()
	return w.Error()
}
