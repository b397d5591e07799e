package handlers

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/role"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// may is what somebody may do: by the role, and as far as the service has not
// said otherwise.
type may struct {
	role   role.Role
	denied map[string]time.Time // by operation of the API: when the service said so
}

// may tells what somebody may do at this moment.
func (d *desk) may(r role.Role, who auth.Person) may {
	return may{role: r, denied: d.Auth.Denied(who)}
}

// key is all of it in a text.
func (m may) key() string {
	return m.role.String() + " " + strings.Join(slices.Sorted(maps.Keys(m.denied)), " ")
}

// An act is what a button does: it takes a role, and where it calls the service
// an operation of the API.
type act struct {
	needs role.Role
	op    string // empty: the service is not called
}

// The acts that buttons lead to. Each takes the role of its route.
var (
	actStart         = act{role.Operator, "ModifyFlowStart"}
	actStop          = act{role.Operator, "ModifyFlowStop"}
	actSwitch        = act{role.Operator, "ModifyFlowOutput"}
	actCare          = act{role.Operator, ""} // protection, notes, alarms
	actCreate        = act{role.Engineer, "CreateFlows"}
	actDelete        = act{role.Engineer, "DeleteFlow"}
	actSource        = act{role.Engineer, "ModifyFlowSources"}
	actAddOutput     = act{role.Engineer, "CreateFlowOutput"}
	actDeleteOutput  = act{role.Engineer, "DeleteFlowOutput"}
	actSwitchChannel = act{role.Operator, "ModifyOttChannelInfoStats"}
	actCreateChannel = act{role.Engineer, "CreateOttChannelInfo"}
	actDeleteChannel = act{role.Engineer, "DeleteOttChannelInfo"}
	actBuild         = act{role.Engineer, ""} // labels, bands, the last known good, what is parked
	actForce         = act{role.Admin, ""}
	actRun           = act{role.Admin, ""} // the installation
)

// actsOnChannels are the acts that replace a part of a channel.
var actsOnChannels = map[control.ChannelPart]act{
	control.PartGeneral:   {role.Engineer, "ModifyOttChannelInfoGeneral"},
	control.PartInput:     {role.Engineer, "ModifyOttChannelInfoInput"},
	control.PartEndpoints: {role.Engineer, "ModifyOttChannelInfoEndPoints"},
	control.PartRecord:    {role.Engineer, "ModifyOttChannelInfoRecordSettings"},
	control.PartEncoders:  {role.Engineer, "ModifyOttChannelInfoEncoderSettings"},
}

// actOf is the act of a command's verb.
func actOf(verb string) act {
	switch verb {
	case verbStart:
		return actStart
	case control.VerbStop:
		return actStop
	case control.VerbDelete:
		return actDelete
	case control.VerbUpdateSource:
		return actSource
	case control.VerbAddOutput:
		return actAddOutput
	case control.VerbUpdateOutput:
		return actSwitch
	case control.VerbDeleteOutput, control.VerbPark:
		return actDeleteOutput
	}
	return actBuild
}

// off tells why an act cannot be done now: nobody's could, not by this role, or
// not by this account. A service that throttles or refuses takes commands all
// the same.
func (v teller) off(a act) ui.Why {
	if a.op != "" && v.known != nil && unreachable(v.known.Link) {
		return ui.Why{Word: v.t.Trail.OffService}
	}
	return v.barred(a)
}

// barred tells why the visitor may not do something.
func (v teller) barred(a act) ui.Why {
	w := v.t.Roles
	if v.may.role < a.needs {
		needs, has := w.Names.Of(a.needs.String()), w.Names.Of(v.may.role.String())
		return ui.Why{Word: w.Only.Of(a.needs.String()), Full: w.Takes(needs, has)}
	}
	if at, is := v.may.denied[a.op]; is {
		return ui.Why{Word: w.Denied, Full: w.DeniedFull(cmp.Or(w.Does[a.op], a.op), clock(at))}
	}
	return ui.Why{}
}

// changeOff is off for a change of a flow, which somebody else may protect.
func (v teller) changeOff(a act, f *monitor.Flow) ui.Why { return cmp.Or(v.off(a), v.keptBy(f)) }

// mostGivers is how many of those who give roles are named.
const mostGivers = 5

// whoGivesRoles tells who can give a role.
func (d *desk) whoGivesRoles(c echo.Context) string {
	w := d.texts(c).Roles.Page
	p, err := d.Auth.Policy(c.Request().Context())
	if err != nil {
		return ""
	}
	var names []string
	for _, r := range slices.Concat(p.Admins, p.Rules) {
		if r.Role == role.Admin && len(names) < mostGivers {
			names = append(names, r.People())
		}
	}
	if len(names) == 0 {
		return w.AskNobody
	}
	return w.AskThese(strings.Join(names, ", "))
}
