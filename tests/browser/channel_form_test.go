package browser

import "testing"

// testChannelForms makes a channel by the mouse and changes a part of it, without
// the API's reference.
func testChannelForms(t *testing.T, c *chromium) {
	h := build(t)
	b := c.dressed(t, h, dress{"en", "dark"})
	next := func(step string) {
		b.Click(`.form-buttons [name="go"][value="next"]`)
		b.Await(step, "$('.form-step-now').value === 'to:"+step+"' && document.readyState === 'complete'")
	}
	b.Visit("/channels/new")
	b.Await("the first step", "$('#id') && document.readyState === 'complete'")
	b.Fill("#domain", "push.example.com")
	b.Fill("#id", "by-mouse")
	next("input")
	b.Click(`label:has([value="HLS_PULL"])`)
	b.Await("the field for it", `$('[name="input.max_bandwidth_limit"]').offsetParent !== null && $('[name="input.ip_whitelist"]').offsetParent === null`)
	b.Click(`label:has([value="RTMP_PUSH"])`)
	b.Await("its field gone", `$('[name="input.max_bandwidth_limit"]').offsetParent === null`)
	b.Fill(`[name="input.sources[0].bitrate"]`, "300k")
	next("encoders")
	b.Await("the templates of the gateway", `$('[type="checkbox"][value="360p"]')`)
	for _, step := range []string{"packages", "record", "look"} {
		next(step)
	}
	b.Click(`.form-buttons [value="create"]`)
	path := "/channels/push.example.com/live/by-mouse"
	b.AwaitPath("the channel", path)
	b.Await("the page of the channel", "document.readyState === 'complete'")
	b.Visit(path + "/record")
	b.Await("the recording", "$('#save') && document.readyState === 'complete'")
	b.Fill(`[name="record_settings.rollingbuffer_duration"]`, "1h")
	b.Await("the change", "$$('.diff tbody tr').length === 1")
	b.Click("#save")
	b.AwaitPath("the channel again", path)
	b.Clean("the forms of a channel")
}
