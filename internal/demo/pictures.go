package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

const (
	pictureUser     = "admin"
	picturePassword = "only for the screenshots"
	warmUp          = 150 * time.Second // so that the charts have something to show
	settle          = 3 * time.Second   // for a page to be live
	picturesWithin  = 7 * time.Minute
)

// picture is one screenshot.
type picture struct {
	file          string
	path          string // {NAME} stands for the id of the flow of that name
	theme, lang   string
	width, height int64
}

var pictures = []picture{
	{"flows-dark.png", "/flows", "dark", "en", 1920, 600},
	{"flows-light-zh.png", "/flows", "light", "zh-CN", 1440, 560},
	{"flow-dark.png", "/flows/{north-stand}", "dark", "en", 1920, 1350},
	{"flow-light.png", "/flows/{mobile-unit}", "light", "en", 1440, 1050},
	{"edit-dark.png", "/flows/{south-stand}/source", "dark", "en", 1440, 1050},
	{"alarms-dark.png", "/alarms", "dark", "en", 1440, 520},
	{"activity-dark.png", "/activity", "dark", "en", 1440, 760},
	{"new-dark.png", "/flows/new", "dark", "en", 1440, 900},
	{"phone.png", "/flows", "dark", "en", 390, 844},
	{"channel-dark.png", "/channels/push.example.com/live/north-stand", "dark", "en", 1440, 900},
	{"wall-dark.png", "/wall", "dark", "en", 1920, 1080},
}

// takePictures runs the demo on a data folder and ports of its own, and takes
// the screenshots.
func takePictures(ctx context.Context, binary, folder string) error {
	ctx, cancel := context.WithTimeout(ctx, picturesWithin)
	defer cancel()
	data, err := os.MkdirTemp("", "flowdeck-pictures-")
	if err != nil {
		return fmt.Errorf("make a data folder: %w", err)
	}
	defer os.RemoveAll(data)
	s, err := startSystem(ctx, binary, []string{
		"FLOWDECK_DATA=" + data, "FLOWDECK_LISTEN=127.0.0.1:0", "FLOWDECK_GATEWAY_LISTEN=127.0.0.1:0",
		"FLOWDECK_GATEWAY_SRT_ADDRESS=127.80.0.1", "FLOWDECK_ADMIN_PASSWORD=" + picturePassword, "FLOWDECK_LOG_LEVEL=warn",
	})
	if err != nil {
		return err
	}
	defer s.stop()
	st, err := startStage(ctx, s)
	if err != nil {
		return err
	}
	defer st.stop()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("make the pictures' folder: %w", err)
	}
	return s.photograph(ctx, folder)
}

// photograph signs in with a browser, waits for the charts to fill, and takes
// the pictures.
func (s *system) photograph(ctx context.Context, folder string) error {
	ctx, closeAllocator := chromedp.NewExecAllocator(ctx,
		chromedp.Headless, chromedp.NoFirstRun, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true))
	defer closeAllocator()
	ctx, closeBrowser := chromedp.NewContext(ctx)
	defer closeBrowser()
	err := chromedp.Do(ctx,
		chromedp.Func(stillness),
		chromedp.Navigate(s.url+"/login"),
		chromedp.SetValue(chromedp.CSS(`input[name="username"]`), pictureUser),
		chromedp.SetValue(chromedp.CSS(`input[name="password"]`), picturePassword),
		chromedp.Click(chromedp.CSS(`form[action="/login"] button[type="submit"]`)),
		chromedp.WaitReady(chromedp.CSS(`[id^="flow-"]`)),
	)
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	ids, err := s.flowIDs(ctx)
	if err != nil {
		return err
	}
	if err := s.hang(ctx); err != nil {
		return fmt.Errorf("hang a wall: %w", err)
	}
	if err := s.pack(ctx, ids.Replace("{north-stand}")); err != nil {
		return fmt.Errorf("make a channel: %w", err)
	}
	if err := s.prepare(ctx, ids); err != nil {
		return fmt.Errorf("prepare the flows: %w", err)
	}
	for _, p := range pictures {
		if err := p.take(ctx, s.url, folder, ids); err != nil {
			return fmt.Errorf("picture %s: %w", p.file, err)
		}
		fmt.Println(filepath.Join(folder, p.file))
	}
	return nil
}

// stillness keeps what flashes from being away in a picture.
func stillness(ctx context.Context, to *chromedp.Target) error {
	_, err := cdp.Call(ctx, to, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	return err
}

// hang makes a display, and opens its link: the browser is its screen, too.
func (s *system) hang(ctx context.Context) error {
	err := chromedp.Do(ctx,
		chromedp.Navigate(s.url+"/displays/new"),
		chromedp.SetValue(chromedp.CSS(`input[name="name"]`), "Demo wall"),
		chromedp.Click(chromedp.CSS(`label:has(input[name="layout"][value="9"])`)),
		chromedp.Click(chromedp.CSS(`#display-form .form-buttons button[type="submit"]`)),
		chromedp.WaitReady(chromedp.CSS(`#display-url`)),
	)
	if err != nil {
		return err
	}
	link, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("#display-url").textContent`))
	if err != nil {
		return err
	}
	return chromedp.Do(ctx, chromedp.Navigate(link), chromedp.WaitReady(chromedp.CSS(`[data-wall="board"]`)))
}

// pack makes a channel that reads a flow, and turns it on.
func (s *system) pack(ctx context.Context, flowID string) error {
	const play = "play.example.com/live/north-stand/index"
	_, err := s.api.CreateChannel(ctx, medialive.Channel{
		ChannelKey: medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: "north-stand"}, Name: "North stand", State: medialive.ChannelOn,
		Input: medialive.ChannelInput{
			Protocol: medialive.SRTPull, Sources: []medialive.ChannelSource{{URL: medialive.URL("srt://flow/" + flowID), Bitrate: 6_000_000}},
		},
		Record: medialive.RecordSettings{RollingBuffer: 7200},
		Outputs: []medialive.Endpoint{{
			HLS:  []medialive.HLSPackage{{Package: medialive.Package{URL: play + ".m3u8", SegmentDuration: 4}}},
			DASH: []medialive.DASHPackage{{Package: medialive.Package{URL: play + ".mpd", SegmentDuration: 4}}},
		}},
	})
	return err
}

// prepare does what an operator does before an event: protect a flow, and leave
// a word for the next shift. Then the charts fill.
func (s *system) prepare(ctx context.Context, ids *strings.Replacer) error {
	flow := s.url + ids.Replace("/flows/{north-stand}")
	return chromedp.Do(ctx,
		chromedp.Navigate(flow+"/protect"),
		chromedp.SetValue(chromedp.CSS(`input[name="reason"]`), "Final until 22:30 UTC"),
		chromedp.Click(chromedp.CSS(`form[action$="/protect"] button[type="submit"]`)),
		chromedp.WaitReady(chromedp.CSS(`#flow-strip .strip`)),
		chromedp.Navigate(flow+"/handover"),
		chromedp.SetValue(chromedp.CSS(`textarea`), "The partner comes on at 19:00 UTC.\nCall the van before anything is changed."),
		chromedp.Click(chromedp.CSS(`form[action$="/handover"] button[type="submit"]`)),
		chromedp.WaitReady(chromedp.CSS(`#flow-head`)),
		chromedp.Sleep(warmUp),
	)
}

// flowIDs gives the replacer of flow names by their ids.
func (s *system) flowIDs(ctx context.Context) (*strings.Replacer, error) {
	page, err := s.api.ListFlows(ctx, 100, 0)
	if err != nil {
		return nil, err
	}
	var pairs []string
	for _, f := range page.Flows {
		pairs = append(pairs, "{"+f.Name+"}", f.ID)
	}
	return strings.NewReplacer(pairs...), nil
}

// take sets the preferences as the page's own cookies, opens the page and keeps
// what it looks like.
func (p picture) take(ctx context.Context, base, folder string, ids *strings.Replacer) error {
	for name, value := range map[string]string{"flowdeck_theme": p.theme, "flowdeck_lang": p.lang} {
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf("document.cookie = %q", name+"="+value+"; path=/"))); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	err := chromedp.Do(ctx,
		chromedp.EmulateViewport(p.width, p.height),
		chromedp.Navigate(base+ids.Replace(p.path)),
		chromedp.Sleep(settle),
	)
	if err != nil {
		return err
	}
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		return err
	}
	if len(png) == 0 {
		return errors.New("the browser gave no picture")
	}
	return os.WriteFile(filepath.Join(folder, p.file), png, 0o644)
}
