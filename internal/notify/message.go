package notify

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/internal/alarm"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// Message is what is told, in our own shape.
type Message struct {
	ID    string    `json:"id"`    // of the delivery
	Event string    `json:"event"` // "alarm.raised", "alarm.cleared", "alarm.acknowledged" … or "test"
	At    time.Time `json:"at"`    // when it happened
	Alarm Alarm     `json:"alarm"`
	Link  string    `json:"link,omitempty"` // page of the dashboard
}

// Alarm is the alarm of a message.
type Alarm struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`
	Priority string    `json:"priority"` // "low", "medium", "high"
	State    string    `json:"state"`
	FlowID   string    `json:"flow_id,omitempty"`
	Flow     string    `json:"flow,omitempty"`
	Output   string    `json:"output,omitempty"`
	Region   string    `json:"region,omitempty"`
	Since    time.Time `json:"since"`
	Cleared  time.Time `json:"cleared,omitzero"`
	By       string    `json:"acknowledged_by,omitempty"`
	Note     string    `json:"note,omitempty"`
	Count    int       `json:"count,omitempty"`
	Members  int       `json:"members,omitempty"`
	Value    float64   `json:"value,omitempty"`
	Limit    float64   `json:"limit,omitempty"`
}

const eventTest = "test"

// messageOf puts a change of an alarm into a message.
func messageOf(n news, home string) Message {
	a := n.alarm
	m := Message{
		Event: "alarm." + string(n.change), At: n.at.UTC(),
		Alarm: Alarm{
			ID: a.ID, Kind: string(a.Kind), Priority: priorityName(a.Priority), State: string(a.State()),
			FlowID: a.FlowID, Flow: a.FlowName, Output: a.Target, Region: a.Region,
			Since: a.Since.UTC(), Cleared: a.Cleared, By: a.AckedBy, Note: a.Note,
			Count: a.Count, Members: a.Members, Value: a.Value, Limit: a.Limit,
		},
	}
	if home != "" {
		m.Link = strings.TrimSuffix(home, "/") + "/alarms"
		if _, channel := monitor.ChannelKeyOf(a.FlowID); channel {
			m.Link = strings.TrimSuffix(home, "/") + "/" + a.FlowID
		} else if a.FlowID != "" {
			m.Link = strings.TrimSuffix(home, "/") + "/flows/" + url.PathEscape(a.FlowID)
		}
	}
	return m
}

func testMessage(now time.Time, home string) Message {
	return Message{
		Event: eventTest, At: now.UTC(), Link: home,
		Alarm: Alarm{Kind: eventTest, Priority: "low", State: string(alarm.Closed), Flow: "FLOW-1", Since: now.UTC()},
	}
}

// body gives what is posted: the stored message itself, or a text for people.
func (w Webhook) body(m Message, stored []byte, now time.Time) ([]byte, error) {
	switch w.Shape {
	case Slack:
		return json.Marshal(struct {
			Text string `json:"text"`
		}{escapeSlack(m.text(w.Lang))})
	case Feishu:
		return json.Marshal(w.feishu(m, now))
	}
	return stored, nil
}

// feishuBody is a message to a custom bot of Feishu.
type feishuBody struct {
	Timestamp string     `json:"timestamp,omitempty"`
	Sign      string     `json:"sign,omitempty"`
	Type      string     `json:"msg_type"`
	Content   feishuText `json:"content"`
}

type feishuText struct {
	Text string `json:"text"`
}

func (w Webhook) feishu(m Message, now time.Time) feishuBody {
	b := feishuBody{Type: "text", Content: feishuText{strings.ReplaceAll(m.text(w.Lang), "<", "＜")}} // "<at …>" would call people
	if w.Secret != "" {
		b.Timestamp = strconv.FormatInt(now.Unix(), 10)
		mac := hmac.New(sha256.New, []byte(b.Timestamp+"\n"+w.Secret.Reveal()))
		b.Sign = base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return b
}

// escapeSlack keeps a name from being taken for a link or a call.
func escapeSlack(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// text tells the message to people, in one line and a link.
func (m Message) text(lang string) string {
	w, ok := words[lang]
	if !ok {
		w = words["en"]
	}
	if m.Event == eventTest {
		return join(w[eventTest], m.Link)
	}
	a := m.Alarm
	what := cmp.Or(w[a.Kind], a.Kind)
	if a.Members > 0 {
		what += " ×" + strconv.Itoa(a.Members)
	}
	where := strings.Join(nonEmpty(a.Flow, a.Output), " / ")
	line := strings.Join(nonEmpty(w[m.Event], what, where), " · ")
	line += fmt.Sprintf(" · %s %s UTC", w["since"], a.Since.UTC().Format("2006-01-02 15:04:05"))
	if a.Limit != 0 {
		line += fmt.Sprintf(" · %.2f (%s %.2f)", a.Value, w["limit"], a.Limit)
	}
	if a.By != "" {
		line += " · " + strings.Join(nonEmpty(a.By, a.Note), ": ")
	}
	return join(line, m.Link)
}

func join(line, link string) string {
	return strings.Join(nonEmpty(line, link), "\n")
}

func nonEmpty(parts ...string) []string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}

// words are the texts by language, under the names of kinds and events.
var words = map[string]map[string]string{
	"en": {
		"alarm.raised": "ALARM", "alarm.cleared": "Cleared", "alarm.returned": "Cleared, not acknowledged",
		"alarm.acknowledged": "Acknowledged", "alarm.shelved": "Shelved", "alarm.unshelved": "Off the shelf",
		"source_lost": "SOURCE LOST", "output_lost": "OUTPUT LOST", "no_media": "No media after start", "loss": "Packet loss",
		"bitrate": "Bitrate outside its band", "unstable": "UNSTABLE", "second_input": "Standby input on air", "problem": "Channel does not run", "recording": "Not recording", "idle": "Active without media",
		"unreachable": "Service not reached", "credential": "Credential about to end", "many": "Several alarms of one cause",
		"since": "since", "limit": "limit", "test": "Flowdeck: this is a test. Alarms will be told here.",
	},
	"zh": {
		"alarm.raised": "告警", "alarm.cleared": "已恢复", "alarm.returned": "已恢复，未确认",
		"alarm.acknowledged": "已确认", "alarm.shelved": "已搁置", "alarm.unshelved": "取消搁置",
		"source_lost": "源丢失", "output_lost": "输出丢失", "no_media": "启动后无媒体", "loss": "丢包",
		"bitrate": "码率超出范围", "unstable": "不稳定", "second_input": "备用源播出", "problem": "频道未正常运行", "recording": "录制中断", "idle": "运行但无媒体",
		"unreachable": "无法连接服务", "credential": "凭据即将到期", "many": "同一原因的多个告警",
		"since": "始于", "limit": "限值", "test": "Flowdeck：这是一条测试消息。告警将发送到此处。",
	},
}
