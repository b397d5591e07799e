package auth

import (
	"fmt"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// CloudEye gives the client of Cloud Eye for a session, with its own token: on the
// region's own host where the session is in a cloud, and on the address of the
// API everywhere else, as a gateway has it. What it refuses says nothing of the
// session.
func (a *Auth) CloudEye(s *Session) (*medialive.CloudEye, error) {
	endpoint := eyeOf(&s.Place)
	eye, err := medialive.NewCloudEye(medialive.Config{
		Endpoint: endpoint, ProjectID: s.ProjectID, Auth: medialive.Token(s.Token),
		Transport: a.clients.transport(endpoint), Observe: a.clients.observe,
	})
	if err != nil {
		return nil, fmt.Errorf("client of the session: %w", err)
	}
	return eye, nil
}

// eyeOf is where Cloud Eye is for a place.
func eyeOf(p *Place) string {
	region := p.FlowRegion()
	eye, known := medialive.CloudEyeEndpoint(region)
	if live, is := medialive.LiveEndpoint(region); !known || !is || live != p.Endpoint {
		return p.Endpoint
	}
	return eye
}
