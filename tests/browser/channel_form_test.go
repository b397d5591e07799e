package browser

import "testing"

// testChannelForms makes a channel by the mouse and changes a part of it, without
// the API's reference, and looks at each page on the way.
func testChannelForms(t *testing.T, c *chromium) {
	h := build(t)
	rules := readAxe(t)
	for _, dress := range []struct{ lang, theme, id string }{{"en", "dark", "by-mouse"}, {"zh-CN", "light", "by-mouse-too"}} {
		b := c.dressed(t, h, dress.lang, dress.theme)
		examined := func(where string) {
			b.Clean(where)
			b.examine(rules, where)
			b.Forget()
		}
		next := func(step string) {
			b.Click(`.form-buttons [name="go"][value="next"]`)
			b.Await(step, "$('.form-step-now').value === 'to:"+step+"' && document.readyState === 'complete'")
		}
		b.Visit("/channels/new")
		b.Await("the first step", "$('#id') && document.readyState === 'complete'")
		examined("a new channel")
		b.Fill("#domain", "push.example.com")
		b.Fill("#id", dress.id)
		next("input")
		b.Click(`label:has([value="HLS_PULL"])`)
		b.Await("the field for it", `$('[name="input.max_bandwidth_limit"]').offsetParent !== null && $('[name="input.ip_whitelist"]').offsetParent === null`)
		b.Click(`label:has([value="RTMP_PUSH"])`)
		b.Await("its field gone", `$('[name="input.max_bandwidth_limit"]').offsetParent === null`)
		b.Fill(`[name="input.sources[0].bitrate"]`, "300k")
		examined("the input")
		next("encoders")
		b.Await("the templates of the gateway", `$('[type="checkbox"][value="360p"]')`)
		examined("the ladder")
		next("packages")
		b.Click(".channel-form details summary")
		examined("the packages")
		next("record")
		next("look")
		b.Click(".channel-form details summary")
		examined("the look over it all")
		b.Click(`.form-buttons [value="create"]`)
		path := "/channels/push.example.com/live/" + dress.id
		b.AwaitPath("the channel", path)
		b.Await("the page of the channel", "document.readyState === 'complete'")
		b.Forget()
		for _, part := range []string{"general", "input", "endpoints", "encoders", "json"} {
			b.Visit(path + "/" + part)
			b.Await(part, "$('.edit') && document.readyState === 'complete'")
			examined(part)
		}
		b.Visit(path + "/record")
		b.Await("the recording", "$('#save') && document.readyState === 'complete'")
		b.Fill(`[name="record_settings.rollingbuffer_duration"]`, "1h")
		b.Await("the change", "$$('.diff tbody tr').length === 1")
		examined("the recording")
		b.Click("#save")
		b.AwaitPath("the channel again", path)
		b.Forget()
	}
}
