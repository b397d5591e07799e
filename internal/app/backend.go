package app

import (
	"cmp"

	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/config"
	"github.com/flowdeck/flowdeck/internal/gateway/iam"
	roles "github.com/flowdeck/flowdeck/internal/role"
)

// embedded is the gateway beside this dashboard; without an endpoint there is
// none.
type embedded struct {
	endpoint string
	service  config.Service // with which the dashboard reads from it
}

// backend tells where one can sign in.
func backend(cfg config.Config, own embedded) auth.Backend {
	all := make([]auth.Backend, len(cfg.Backends))
	for i, b := range cfg.Backends {
		at := b.At
		if at == config.HuaweiCloud {
			all[i] = auth.HuaweiCloud(cfg.IAMURL)
			continue
		}
		if at == config.Embedded {
			at = own.endpoint
		}
		all[i] = auth.Only(auth.Target{
			Region: b.Name, Endpoint: at, IAMEndpoint: cmp.Or(b.IAM, cfg.IAMURL, at), Project: b.Project,
		})
	}
	return auth.Several(all...)
}

// services are the credentials with which the installation itself reads: the one
// that is set, and that of our own gateway, unless the other is of it too.
func services(cfg config.Config, own embedded) []service {
	var all []service
	if cfg.Service != (config.Service{}) {
		all = append(all, service{cfg: cfg.Service, region: cfg.ServiceRegion()})
	}
	b, embeds := cfg.Embeds()
	if embeds && own.service != (config.Service{}) && (len(all) == 0 || b.Name != cfg.ServiceRegion()) {
		all = append(all, service{cfg: own.service, region: b.Name})
	}
	return all
}

// admins are who run this installation, whatever its rules say: by default who
// runs our own gateway. Another gateway has a user of that name too.
func admins(cfg config.Config) roles.Rules {
	if b, embeds := cfg.Embeds(); embeds && len(cfg.Admins) == 0 {
		return roles.Rules{{Region: b.Name, Account: accountName, User: iam.AdminName, Role: roles.Admin}}
	}
	return cfg.Admins
}

// account is filled in at sign-in where the first region is that of our own
// gateway, which has but one.
func account(cfg config.Config) string {
	if len(cfg.Backends) > 0 && cfg.Backends[0].At == config.Embedded {
		return accountName
	}
	return ""
}
