package safety

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// brand is in the names of all elements and attributes that hostile strings try
// to make, and in the calls they try to have made: where it is anything but
// text, the string came through.
const brand = "zqx"

// hostile is a string that somebody means harm with.
type hostile struct{ kind, text string }

// of is its table.
func (h hostile) of() string { return strings.TrimRight(h.kind, " 0123456789") }

// markup are pieces of HTML. BEACON is an address at which a request is counted.
var markup = []string{
	`<script>zqx(1)</script>`, `<script src=BEACON></script>`, `<script type=module>import('BEACON')</script>`, `<SCRIPT zqx>zqx()</SCRIPT>`,
	`<scr<script>ipt>zqx()</scr</script>ipt>`, `<script/zqx>zqx()</script/zqx>`, "<script\x0c>zqx()</script>", `<script>/*`, `*/zqx()</script>`, `<script src="data:,zqx()"></script>`,
	`<img src=BEACON>`, `<img src=x onerror=zqx(1)>`, `<img src=x onerror="fetch('BEACON')" zqx>`, `<img/src=x/onerror=zqx()>`, `<image src=BEACON>`, `<img srcset="BEACON 1x">`, "<img\nsrc=BEACON\nzqx>",
	`<svg onload=zqx()>`, `<svg><script>zqx()</script></svg>`, `<svg><animate onbegin=zqx() attributeName=x>`, `<svg><use href=BEACON#x />`, `<svg><image href=BEACON />`, `<svg><a xlink:href="javascript:zqx()"><text y=20>x`, `<svg><foreignObject><iframe src=BEACON>`,
	`<svg><set attributeName=href to=javascript:zqx()>`, `<svg><style>*{background:url(BEACON)}</style>`, `<math><mi xlink:href="javascript:zqx()">x`, `<math><annotation-xml encoding="text/html"><img src=BEACON>`,
	`<iframe src=BEACON></iframe>`, `<iframe srcdoc="<img src=BEACON>"></iframe>`, `<iframe src="javascript:parent.zqx()">`, `<object data=BEACON></object>`, `<embed src=BEACON>`, `<frameset onload=zqx()>`, `<portal src=BEACON>`, `<fencedframe>`,
	`<link rel=stylesheet href=BEACON>`, `<link rel=prefetch href=BEACON>`, `<link rel=preconnect href=BEACON>`, `<link rel=modulepreload href=BEACON>`, `<link rel=manifest href=BEACON>`,
	`<style>@import "BEACON";</style>`, `<style>body{display:none}</style>`, `<style>input[value^=a]{background:url(BEACON)}</style>`, `<style>@font-face{font-family:x;src:url(BEACON)}</style>`,
	`<meta http-equiv=refresh content="0;url=BEACON">`, `<meta http-equiv=content-security-policy content="default-src *">`, `<meta name=htmx-config content='{"allowEval":true}'>`, `<meta name=referrer content=unsafe-url>`, `<meta charset=utf-7>`,
	`<base href=BEACON>`, `<base target=zqx>`, `<form action=BEACON method=post><input type=submit>`, `<form id=zqx></form><button form=zqx formaction=BEACON>`, `</form><form action=BEACON>`, `<button formaction=javascript:zqx()>x`, `<isindex action=BEACON type=image>`,
	`<input autofocus onfocus=zqx()>`, `<input name=zqx value=1>`, `<input type=image src=BEACON>`, `<select autofocus onfocus=zqx()>`, `<textarea autofocus onfocus=zqx()>`, `<keygen autofocus onfocus=zqx()>`,
	`<video src=BEACON autoplay>`, `<video><source onerror=zqx()>`, `<video poster=BEACON>`, `<audio src=BEACON autoplay>`, `<track src=BEACON>`, `<body onload=zqx()>`, `<body background=BEACON>`, `<html zqx>`, `<head zqx>`, `<marquee onstart=zqx()>x`,
	`<details open ontoggle=zqx()>`, `<dialog open zqx>over all`, `<template zqx><img src=BEACON></template>`, `<template shadowrootmode=open><img src=BEACON></template>`, `<slot name=zqx>`, `<zqx-element>`, `<x onclick=zqx() style=position:fixed;inset:0>`,
	`<a href="javascript:zqx()">x</a>`, `<a href=BEACON ping=BEACON>x</a>`, `<a href="//evil.example">Sign in again</a>`, `<area href=javascript:zqx()>`, `<div style="background:url(BEACON)">`, `<div style=position:fixed;inset:0;z-index:9999>`, `<div zqx id=stream>`,
	`<table zqx background=BEACON>`, `</td></tr></table><zqx>`, `<tr zqx><td>`, `</p></div></main></body></html><zqx>`, `<plaintext>`, `<xmp>`, `<noscript><p title="</noscript><img src=BEACON>">`, `<noembed><img title="</noembed><img src=BEACON>"></noembed>`,
	`<title>zqx</title>`, `</title><img src=BEACON>`, `</textarea><img src=BEACON>`, `</script><img src=BEACON>`, `</style><img src=BEACON>`, `</select><img src=BEACON>`, `</option></select><zqx>`, `</svg><img src=BEACON>`, `</template><zqx>`, `</xmp><img src=BEACON>`,
	`<!--<img src="--><img src=BEACON>">`, `--><img src=BEACON>`, `--!><img src=BEACON>`, `<!--[if gte IE 4]><script>zqx()</script><![endif]-->`, `]]><img src=BEACON>`, `<![CDATA[<img src=BEACON>]]>`, `<?xml version="1.0"?><zqx>`, `<!DOCTYPE zqx>`, `<%zqx%>`, `<`, `</`, `<a`, `<!`, `<?`, `<a href="`,
	`<<img src=BEACON>`, `<img src=BEACON`, `<img src="`, `< img src=BEACON>`, "<\x00img src=BEACON>", "<img\x00 src=BEACON>", `<img src=x:x onerror\x3dzqx()>`, `<math><mtext><table><mglyph><style><img src=BEACON>`, `<form><math><mtext></form><form><mglyph><style></math><img src=BEACON>`,
}

// leaving are ways out of an attribute's value.
var leaving = []string{
	`" zqx="1`, `' zqx='1`, ` zqx=1`, "` zqx=1", `" onmouseover="zqx()`, `' onmouseover='zqx()`, `" autofocus onfocus="zqx()`, `"><zqx>`, `'><zqx>`, "`><zqx>", `"/><zqx>`, `" /><script>zqx()</script>`, `\" zqx=\"`, `\"><zqx>`, `&quot; zqx=&quot;1`, `&#34; zqx=&#34;1`,
	`" style="position:fixed;inset:0`, `" class="zqx`, `" id="flow-rows`, `" hx-get="/zqx`, `" data-zqx="`, `" href="BEACON`, `" formaction="BEACON`, `" srcdoc="<img src=BEACON>`, `"accesskey="x" onclick="zqx()" zqx="`, "\"\nzqx\n=\n\"1", "\"\tzqx=\"1", "\"\x0czqx=\"1", `"zqx`, `'"><img src=BEACON>`, `"]zqx`, `&#x22;&#x3e;<zqx>`,
}

// addresses are what leads a browser somewhere, or runs.
var addresses = []string{
	`javascript:zqx()`, `JaVaScRiPt:zqx()`, `java	script:zqx()`, "java\nscript:zqx()", "\x01javascript:zqx()", ` javascript:zqx()`, `javascript&colon;zqx()`, `javascript&#58;zqx()`, `&#106;avascript:zqx()`, `javascript://evil.example/%0azqx()`, `javascript:'<zqx>'`, `vbscript:zqx`, `livescript:zqx`,
	`data:text/html,<script>zqx()</script>`, `data:text/html;base64,PHNjcmlwdD56cXgoKTwvc2NyaXB0Pg==`, `data:image/svg+xml,<svg onload=zqx()>`, `data:,zqx`, `blob:zqx`, `filesystem:zqx`, `view-source:BEACON`, `about:blank`, `file:///etc/passwd`,
	`BEACON`, `//evil.example`, `///evil.example`, `/\evil.example`, `\\evil.example`, `https:evil.example`, `http:/evil.example`, `https://user@evil.example`, `//evil.example/..;/`, `/..//evil.example`, `/%09/evil.example`, `/logout`, `/flows/flow-0001/start`, `../../logout`, `..\..\logout`, `?lang=zqx`, `#zqx`, `/flows#<img src=BEACON>`,
	`%3Cimg%20src=BEACON%3E`, `%253Cscript%253Ezqx()%253C/script%253E`, `..%2f..%2fetc%2fpasswd`, `%00`, `%zz`, `%`, `%u003cimg src=BEACON%u003e`, `/flows/%2e%2e/%2e%2e/`, `ftp://evil.example`, `mailto:zqx@evil.example?bcc=all`, `tel:110`, `ws://evil.example`, `wss:evil.example`,
}

// selectors upset what looks elements up by a selector, or styles by one.
var selectors = []string{
	`*`, `#stream`, `body`, `:root`, `.row, body`, `#a, #dialogs`, `a]b`, `[zqx`, `"]`, `']`, `\`, `\"`, `\0`, `>`, `~`, `+`, `|`, `:has(*)`, `:not(zqx)`, `::before`, `a{}`, `}body{display:none}`, `/*`, `*/`, `url(BEACON)`, `expression(zqx())`, `-moz-binding:url(BEACON)`, `1st`, `-`, `--`, `--zqx`, `#`, `.`, `a.b.c#d`, `a b`,
	`closest form`, `find button`, `next .zqx`, `this`, `document`, `window`, `global #stream`, `host`, `previous`,
}

// globals are names that pages and scripts themselves use.
var globals = []string{
	`__proto__`, `constructor`, `prototype`, `toString`, `hasOwnProperty`, `null`, `undefined`, `true`, `NaN`, `Infinity`, `0`, `-1`, `1e309`, `[object Object]`, `new`, `edit`, `delete`, `none`, `all`, `admin`, `flows`, `htmx`, `document.cookie`, `location`, `name`, `id`, `action`, `submit`, `elements`, `stream`, `content`, `dialogs`, `notices`,
}

// attributes are htmx's, as pieces of HTML. None needs a script.
var attributes = []string{
	`<div hx-post="/flows/flow-0001/stop" hx-trigger="load">`, `<div hx-get="/zqx" hx-trigger="load">`, `<div data-hx-post="/flows/flow-0001/start" data-hx-trigger="load">`, `<div hx-delete="/zqx" hx-trigger="revealed">`, `<div hx-put="/zqx" hx-trigger="intersect">`, `<div hx-patch="/zqx" hx-trigger="every 1s">`,
	`<div hx-on:click="zqx()">`, `<div hx-on="load: zqx()">`, `<div hx-on::load="zqx()">`, `<div hx-vals='js:{x:zqx()}' hx-get=/zqx hx-trigger=load>`, `<div hx-headers='js:{x:zqx()}'>`, `<div hx-vars="x:zqx()">`, `<div hx-get="/zqx" hx-trigger="load[zqx()]">`, `<div hx-sse:connect="BEACON">`, `<div sse-connect="BEACON" hx-ext="sse">`, `<div ws-connect="BEACON">`, `<div hx-ws:connect="BEACON">`,
	`<div hx-ext="zqx">`, `<div hx-boost="true"><a href="BEACON">x</a></div>`, `<div hx-include="*" hx-get="BEACON" hx-trigger="load">`, `<div hx-swap-oob="true" id="content">`, `<div hx-swap-oob="innerHTML:body">`, `<hx-partial hx-target="body"><zqx></hx-partial>`, `<div hx-select-oob="#content">`, `<div hx-inherit="*">`, `<div hx-config='{"selfRequestsOnly":false}'>`, `<div hx-preload="BEACON">`, `<div hx-action="/logout" hx-method="post" hx-trigger="load">`,
	`"><div hx-get="/zqx" hx-trigger="load">`, `js:zqx()`, `javascript:zqx()//`, `{"x":"js:zqx()"}`, `load[zqx()]`, `every 1ms`, `outerHTML:body`, `innerHTML swap:0s`, `HX-Redirect: BEACON`, `hx-ignore`, `</div hx-ignore>`,
}

// frames break what carries HTML: events of a stream, JSON, templates.
var frames = []string{
	"\n\ndata: <zqx>\n\n", "\r\rdata: <zqx>\r\r", "\r\n\r\nevent: hb\r\ndata: 0\r\n\r\n", "\nevent: close\n", "\nid: 9\n", "\nretry: 1\n", ": comment\n\n", "data:", "event: error", "\u0085data: <zqx>", "\u2028data: <zqx>\u2028", "\u2029\u2029",
	`{{zqx}}`, `{{constructor.constructor('zqx()')()}}`, `${zqx()}`, `#{zqx}`, `<%= zqx %>`, `{%zqx%}`, `{ templ.Raw(zqx) }`, `@zqx()`, `{!`, `}}`, `%s%s%s%n`, `%!d(string=zqx)`, `%v`, `$(zqx)`, "`zqx`", `; zqx`, `| zqx`, `&& zqx`, `$IFS`, `' OR '1'='1`, `'; DROP TABLE trail_lines;--`, `" OR ""="`, `1 UNION SELECT 1`, `%' --`, `_%`, `\'`, `{"error_code":"zqx"}`, `","status":"ACTIVE","x":"`, `\u003czqx\u003e`, `\x3czqx\x3e`, `]}'`, `)]}',`,
}

// cells are taken for formulas by spreadsheets.
var cells = []string{
	`=1+1`, `=cmd|' /C calc'!A0`, `=HYPERLINK("BEACON","zqx")`, `=IMPORTXML("BEACON","//a")`, `=WEBSERVICE("BEACON")`, `+1+1`, `-1+1`, `@SUM(1+1)`, "\t=1+1", "\r=1+1", "\n=1+1", ` =1+1`, `"=1+1`, `'=1+1`, `;=1+1`, `,=1+1,`, "a,b\",\"=1+1", "a\"\n=1+1", `＝1+1`, `|cmd`, `%1`, `=DDE("cmd";"/C calc";"x")`,
}

// terminals are upset by control sequences.
var terminals = []string{
	"\x1b[31mred\x1b[0m", "\x1b[2J", "\x1b]0;zqx\x07", "\x1b]8;;http://evil.example\x07zqx\x1b]8;;\x07", "\x1b]52;c;enF4\x07", "\x9b31m", "\x1bc", "\x1b[6n", "\x07", "\x08\x08\x08zqx", "\x7f", "\x00", "zqx\x00zqx", "\x00<img src=BEACON>", "\x0b", "\x0c", "\x1a", "\x04", "\x1f", "\x80",
}

// lines break a line in two where it must stay one.
var lines = []string{
	"a\r\nSet-Cookie: zqx=1", "a\r\n\r\n<zqx>", "a\nLocation: //evil.example", "a\rX-Zqx: 1", "a%0d%0aSet-Cookie:%20zqx=1", "a\nlevel=ERROR msg=zqx", "\n2026-11-22T00:00:00Z zqx", "a\u0085b", "a\u2028b", "a\vb", "a\fb", "\n", "\r\n", "\t", "\r", "a\\nb", "嘍嘊Set-Cookie: zqx=1",
}

// signs turn letters round, hide them or pass for others.
var signs = []string{
	"\u202ezqx", "\u202dzqx\u202c", "\u2066zqx\u2069", "\u2067zqx", "\u2068zqx", "\u200fzqx", "\u200ezqx", "\u061czqx", "FEED-\u202eEVIL", "pots\u202e", "\u202e<img src=BEACON>\u202c", "\u200b", "\u200c\u200d", "\ufeffzqx", "\u2060", "\u00ad", "\u034f", "\u115f", "\u3164", "\u180e",
	"FЕЕD-А", "аdmin", "ⅼive", "ﬁle", "Ａ", "𝐚𝐝𝐦𝐢𝐧", "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢", strings.Repeat("\u0301", 300), "👨\u200d👩\u200d👧\u200d👦", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "\U000e0041\U000e0042", "\U0010ffff", "\ufffe", "\uffff", "ﷺ", "𒐫", "עברית", "العربية", "सत्यमेव", "流程一", "İıſK", "ß", "ﬀ", "\u1e9e", "Å", "\u212b", "A\u030a", "\u202e\u202e\u202e", "＜script＞zqx()＜/script＞", "‹zqx›", "〈zqx〉", "﹤zqx﹥", "ʺ zqx=ʺ", "＂ zqx=＂1", "<\u200bimg src=BEACON>",
}

// broken are not UTF-8.
var broken = []string{
	"\xff", "\xfe\xff", "\xc0\xbcimg src=BEACON\xc0\xbe", "\xe0\x80\xbczqx\xe0\x80\xbe", "\xf0\x80\x80\xbczqx", "\xed\xa0\x80", "\xc3", "a\xc3<img src=BEACON>", "\xf4\x90\x80\x80", "\xbfzqx", "+ADw-script+AD4-zqx()+ADw-/script+AD4-", "\x1b$B<zqx>", "\xf8\x88\x80\x80\x80", "\xef\xbb", "\x81\" zqx=\"1",
}

// sizes are long, or nearly nothing.
func sizes() []string {
	return []string{
		strings.Repeat("a", 65), strings.Repeat("a", 256), strings.Repeat("字", 200), strings.Repeat("a ", 5000), strings.Repeat("a", 100_000), strings.Repeat("<zqx>", 20_000), strings.Repeat(`"`, 10_000), strings.Repeat("&", 10_000), strings.Repeat("\n", 3000),
		strings.Repeat("<b>", 5000), strings.Repeat("\u202e", 1000), strings.Repeat("👨\u200d👩\u200d👧\u200d👦", 500), strings.Repeat("%3C", 3000), "a" + strings.Repeat("̀", 5000), " ", "  ", "\u00a0", "\u3000", "..", "...", "/", "//", "_", "'", `"`, "&", "&amp;", "&lt;zqx&gt;", "&amp;lt;zqx&amp;gt;", "&#60;zqx&#62;", "&#x3c;zqx&#x3e;", "&lt", "&NewLine;", "&Tab;", "&nbsp;", "&zwnj;",
	}
}

// corpus are all of them, each with the beacon's address in it.
func corpus(beacon string) []hostile {
	var all []hostile
	for _, table := range []struct {
		kind  string
		texts []string
	}{
		{"HTML", markup},
		{"attribute", leaving},
		{"URL", addresses},
		{"selector", selectors},
		{"name", globals},
		{"htmx", attributes},
		{"frame", frames},
		{"CSV", cells},
		{"ANSI", terminals},
		{"CRLF", lines},
		{"Unicode", signs},
		{"no UTF-8", broken},
		{"size", sizes()},
	} {
		for i, s := range table.texts {
			all = append(all, hostile{fmt.Sprintf("%s %d", table.kind, i), strings.ReplaceAll(s, "BEACON", beacon)})
		}
	}
	return all
}

func TestT1Corpus(t *testing.T) {
	all := corpus("http://127.0.0.1:1/b")
	seen := map[string]string{}
	invalid, branded, longest := 0, 0, 0
	for _, h := range all {
		if have, twice := seen[h.text]; twice {
			t.Errorf("%s is %s again: %q", h.kind, have, h.text)
		}
		seen[h.text] = h.kind
		if !utf8.ValidString(h.text) {
			invalid++
		}
		if strings.Contains(strings.ToLower(h.text), brand) {
			branded++
		}
		longest = max(longest, len(h.text))
	}
	if len(all) < 400 || invalid < 10 || branded < 150 || longest < 100_000 {
		t.Errorf("%d strings, %d not UTF-8, %d with the brand, the longest of %d bytes", len(all), invalid, branded, longest)
	}
	if slices.ContainsFunc(all, func(h hostile) bool { return strings.Contains(h.text, "BEACON") }) {
		t.Error("a string has no address")
	}
	evidence(t, "T1", "hostile strings", len(all), "≥ 400")
}
