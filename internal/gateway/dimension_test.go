package gateway_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

func TestDimensions(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	dims, err := f.client.ListDimensions(t.Context())
	f.must(err)
	if len(dims) != 8 || dims[medialive.DimChannel].Display["id"].Chinese != "频道" {
		t.Errorf("dimensions %v", dims)
	}
	for _, query := range []string{"", "?namespace=SYS.ECS", "?namespace=%zz"} {
		if r := f.ask("GET", "/v1/ott/dims-info"+query, ""); r.status != 400 || r.code != codeBad {
			t.Errorf("%q: %d %s", query, r.status, r.body)
		}
	}
}

func TestInstances(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	flow := f.create("studio-a")
	f.createChannel(testKey)
	long := newChannel(medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: "ch2"})
	long.Name = strings.Repeat("ö", 80)
	_, err := f.client.CreateChannel(t.Context(), long)
	f.must(err)
	step := func(dim, id string) medialive.DimensionStep { return medialive.DimensionStep{Dimension: dim, ID: id} }
	for name, c := range map[string]struct {
		path []medialive.DimensionStep
		last string
		want []string
	}{
		"channels":            {[]medialive.DimensionStep{step(medialive.DimChannel, "")}, medialive.DimChannel, []string{"ch2", "ch1"}},
		"one channel":         {[]medialive.DimensionStep{step(medialive.DimChannel, "ch1")}, medialive.DimChannel, []string{"ch1"}},
		"no channel":          {[]medialive.DimensionStep{step(medialive.DimChannel, "ch9")}, medialive.DimChannel, nil},
		"pipelines":           {[]medialive.DimensionStep{step(medialive.DimChannel, "ch1"), step(medialive.DimPipeline, "")}, medialive.DimPipeline, []string{"Pipeline0"}},
		"audios":              {[]medialive.DimensionStep{step(medialive.DimChannel, "ch1"), step(medialive.DimPipeline, "Pipeline0"), step(medialive.DimAudio, "")}, medialive.DimAudio, []string{"Audio0"}},
		"another pipeline":    {[]medialive.DimensionStep{step(medialive.DimChannel, "ch1"), step(medialive.DimPipeline, "Pipeline1")}, medialive.DimPipeline, nil},
		"audio of a channel":  {[]medialive.DimensionStep{step(medialive.DimChannel, "ch1"), step(medialive.DimAudio, "")}, medialive.DimAudio, nil},
		"packages":            {[]medialive.DimensionStep{step(medialive.DimPackage, "ch1")}, medialive.DimPackage, []string{"ch1"}},
		"pipeline of package": {[]medialive.DimensionStep{step(medialive.DimPackage, "ch1"), step(medialive.DimPipeline, "")}, medialive.DimPipeline, nil},
		"flows":               {[]medialive.DimensionStep{step(medialive.DimFlow, "")}, medialive.DimFlow, []string{flow.ID}},
		"no CDN":              {[]medialive.DimensionStep{step(medialive.DimCDN, "")}, medialive.DimCDN, nil},
		"the region":          {[]medialive.DimensionStep{step(medialive.DimRegion, "")}, medialive.DimRegion, []string{region}},
	} {
		page, err := f.client.ListInstances(t.Context(), 0, 100, c.path...)
		f.must(err)
		var got []string
		for _, i := range page.Instances {
			got = append(got, i.In(c.last).ID)
		}
		if !slices.Equal(got, c.want) || page.Total != len(c.want) {
			t.Errorf("%s: %v of %d, want %v", name, got, page.Total, c.want)
		}
	}
	page, err := f.client.ListInstances(t.Context(), 1, 1, step(medialive.DimChannel, ""))
	f.must(err)
	if page.Total != 2 || len(page.Instances) != 1 || page.Instances[0].In(medialive.DimChannel).ID != "ch1" {
		t.Errorf("page %v", page)
	}
	for _, bad := range []string{
		``, `{}`, `[]`, `{"namespace":"SYS.ECS","query":[{"dim_name":"medialive_mpc"}]}`, `{"namespace":"SYS.LIVE","query":[]}`,
		`{"namespace":"SYS.LIVE","query":[{"dim_name":"x"}]}`, `{"namespace":"SYS.LIVE","query":[{"dim_name":"medialive_mpc"}],"start":-1}`,
		`{"namespace":"SYS.LIVE","query":[{"dim_name":"medialive_mpc"}],"limit":0}`,
	} {
		if r := f.ask("POST", "/v1/ott/instances", bad); r.status != 400 || r.code != codeBad {
			t.Errorf("%s: %d %s", bad, r.status, r.body)
		}
	}
}

// TestLongestIDIsAnInstance: the schema of instances allows 64 characters, so no
// channel is taken whose id is longer.
func TestLongestIDIsAnInstance(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	key := testKey
	key.ID = strings.Repeat("c", medialive.MaxChannelID)
	f.createChannel(key)
	page, err := f.client.ListInstances(t.Context(), 0, 100, medialive.DimensionStep{Dimension: medialive.DimChannel})
	f.must(err)
	if page.Total != 1 || page.Instances[0].In(medialive.DimChannel).ID != key.ID || len(key.ID) != 64 {
		t.Errorf("%v", page)
	}
	longer := testKey
	longer.ID = key.ID + "c"
	refusedChannel(t, f.ask("POST", "/v1/ott/channels", body(t, newChannel(longer))), longer, codeBad, "id")
}
