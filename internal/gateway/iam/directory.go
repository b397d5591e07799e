package iam

import (
	"net/http"
	"net/url"
	"strconv"
)

// links are the addresses that IAM adds to what it lists.
type links struct {
	Self     string  `json:"self"`
	Previous *string `json:"previous"`
	Next     *string `json:"next"`
}

type itemLinks struct {
	Self string `json:"self"`
}

type projectBody struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	DomainID    string    `json:"domain_id"`
	ParentID    string    `json:"parent_id"`
	Enabled     bool      `json:"enabled"`
	IsDomain    bool      `json:"is_domain"`
	Description string    `json:"description"`
	Links       itemLinks `json:"links"`
}

// projects is GET /v3/auth/projects and GET /v3/projects. There is one
// project, and everybody may use it; the query of the latter may rule it out.
func (i *IAM) projects(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	listed, ok := i.projectListed(query)
	if !ok {
		fail(w, http.StatusBadRequest, "The query is invalid")
		return
	}
	list := []projectBody{}
	if listed {
		list = append(list, projectBody{
			ID: i.project.ID, Name: i.project.Name, DomainID: i.project.DomainID, ParentID: i.project.DomainID,
			Enabled: true, Links: itemLinks{self(r, "/v3/projects/"+i.project.ID)},
		})
	}
	answer(w, http.StatusOK, struct {
		Links    links         `json:"links"`
		Projects []projectBody `json:"projects"`
	}{links{Self: self(r, r.URL.Path)}, list})
}

// projectListed tells whether the query leaves the project in; ok is false
// for a page without its size, or either out of range.
func (i *IAM) projectListed(query url.Values) (listed, ok bool) {
	listed = true
	for name, is := range map[string]string{
		"name": i.project.Name, "domain_id": i.project.DomainID, "parent_id": i.project.DomainID, "enabled": "true",
	} {
		if query.Has(name) && query.Get(name) != is {
			listed = false
		}
	}
	if query.Has("page") != query.Has("per_page") {
		return false, false
	}
	if query.Has("page") {
		page, errPage := strconv.Atoi(query.Get("page"))
		size, errSize := strconv.Atoi(query.Get("per_page"))
		if errPage != nil || errSize != nil || page < 1 || size < 1 || size > 5000 {
			return false, false
		}
		listed = listed && page == 1
	}
	return listed, true
}

// domains is GET /v3/auth/domains.
func (i *IAM) domains(w http.ResponseWriter, r *http.Request) {
	type domain struct {
		ID          string    `json:"id"`
		Name        string    `json:"name"`
		Enabled     bool      `json:"enabled"`
		Description string    `json:"description"`
		Links       itemLinks `json:"links"`
	}
	answer(w, http.StatusOK, struct {
		Links   links    `json:"links"`
		Domains []domain `json:"domains"`
	}{links{Self: self(r, r.URL.Path)}, []domain{{
		ID: i.project.DomainID, Name: i.account, Enabled: true,
		Links: itemLinks{self(r, "/v3/domains/"+i.project.DomainID)},
	}}})
}

// regions is GET /v3/regions. The one region has the name of the project.
func (i *IAM) regions(w http.ResponseWriter, r *http.Request) {
	type locales struct {
		Chinese string `json:"zh-cn"`
		English string `json:"en-us"`
	}
	type region struct {
		ID             string    `json:"id"`
		Type           string    `json:"type"`
		Description    string    `json:"description"`
		ParentRegionID *string   `json:"parent_region_id"`
		Locales        locales   `json:"locales"`
		Links          itemLinks `json:"links"`
	}
	name := i.project.Name
	answer(w, http.StatusOK, struct {
		Links   links    `json:"links"`
		Regions []region `json:"regions"`
	}{links{Self: self(r, r.URL.Path)}, []region{{
		ID: name, Type: "public", Locales: locales{name, name}, Links: itemLinks{self(r, "/v3/regions/"+name)},
	}}})
}
