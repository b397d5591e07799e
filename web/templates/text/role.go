package text

import "cmp"

// Roles are the texts of who may do what.
type Roles struct {
	Names RoleNames
	Only  RoleWords                      // on a button that takes one: "engineers only"
	Takes func(needs, has string) string // in full: what it takes, and what one is

	Denied     string                          // on a button that the service refused lately
	DeniedFull func(does, clock string) string // in full: what, and when it said so
	DeniedHead func(does string) string        // in short, as a title
	DeniedNow  func(does string) string        // just after it said so: a notice
	Does       map[string]string               // what an operation of the API does, by its name

	Page RolePage
}

// RoleWords has a text for each role.
type RoleWords struct{ Viewer, Operator, Engineer, Admin string }

// Of gives the text of a role by the role's own word; empty for no role.
func (w RoleWords) Of(role string) string {
	switch role {
	case "viewer":
		return w.Viewer
	case "operator":
		return w.Operator
	case "engineer":
		return w.Engineer
	case "admin":
		return w.Admin
	}
	return ""
}

// RoleNames names each role, and having none.
type RoleNames struct {
	Nobody string
	RoleWords
}

// Of gives the name of a role by the role's own word; that of nobody for none.
func (n RoleNames) Of(role string) string { return cmp.Or(n.RoleWords.Of(role), n.Nobody) }

// RolePage is the page of roles, and what is said to whom lacks one.
type RolePage struct {
	Title     string
	Refused   string // title of a page that may not be seen
	Lacks     func(needs, has string) string
	AskThese  func(people string) string // who can give a role
	AskNobody string                     // where nobody can
	YourRole  string                     // in the menu: "Role"

	Lead, Link, LinkLead                   string // of the page, and of the settings that lead to it
	Add, Edit, Remove, Up, Down, Save      string
	Rules, Present                         string // the two parts
	User, Group, Account, Role, Groups, By string
	Now, Then                              string
	UserHelp, GroupHelp, AccountHelp       string
	Region, RegionHelp                     string
	GroupsUnknown                          string
	BySetting, ByRule, ByNone              string // why somebody has a role; "rule {}"
	NoAdmins, EverybodyElse, FreeHelp      string
	AddTitle, EditTitle, FormLead          string
	May                                    RoleWords // what each role may
	BadPattern, BadRole, TooMany           string
	AskAdd, AskSave, AskMove, AskRemove    string
	AskLead, AskNone, AskButton, Yourself  string
	Changed, ChangedText                   string // somebody else was faster
	Done                                   string
}

var englishRoles = Roles{
	Names: RoleNames{Nobody: "no role", RoleWords: RoleWords{Viewer: "viewer", Operator: "operator", Engineer: "engineer", Admin: "admin"}},
	Only:  RoleWords{Viewer: "viewers only", Operator: "operators only", Engineer: "engineers only", Admin: "admins only"},
	Takes: func(needs, has string) string {
		return "This takes the role " + needs + ". Your role is " + has + "."
	},
	Denied: "account may not",
	DeniedFull: func(does, clock string) string {
		return "Your account may not " + does + ": the service said so at " + clock + " UTC. It can be tried again 15 minutes later, or after a new sign-in."
	},
	DeniedHead: func(does string) string { return "Your account may not " + does },
	DeniedNow: func(does string) string {
		return "Your account may not " + does + ": the service refused. Nothing was done. An administrator of the account gives leave."
	},
	Does: map[string]string{
		"ModifyFlowStart": "start flows", "ModifyFlowStop": "stop flows", "CreateFlows": "make flows", "DeleteFlow": "delete flows",
		"ModifyFlowSources": "change sources", "CreateFlowOutput": "add outputs", "ModifyFlowOutput": "change outputs",
		"DeleteFlowOutput":          "remove outputs",
		"ModifyOttChannelInfoStats": "turn channels ON and OFF", "CreateOttChannelInfo": "make channels", "DeleteOttChannelInfo": "delete channels",
		"ModifyOttChannelInfoGeneral": "rename channels", "ModifyOttChannelInfoInput": "change inputs of channels",
		"ModifyOttChannelInfoEndPoints": "change packages of channels", "ModifyOttChannelInfoRecordSettings": "change recordings of channels",
		"ModifyOttChannelInfoEncoderSettings": "change templates of channels",
	},
	Page: RolePage{
		Title: "Roles", Refused: "Your role does not reach this far",
		Lacks: func(needs, has string) string {
			return "This takes the role " + needs + ". Your role is " + has + ". Nothing was done."
		},
		AskThese:  func(people string) string { return "Roles are given by " + people + "." },
		AskNobody: "Nobody gives roles here yet. Whoever runs this installation names its admins in FLOWDECK_ADMINS.",
		YourRole:  "Role",
		Lead:      "What somebody may do at most, over what the service permits. The first rule that fits decides. A change holds within two seconds, on open pages too.",
		Link:      "Roles", LinkLead: "Who looks on, who runs events, who builds flows, who runs this installation.",
		Add: "Add rule", Edit: "Change", Remove: "Remove", Up: "Up", Down: "Down", Save: "Save",
		Rules: "Rules", Present: "Signed in now",
		User: "User", Group: "Group", Account: "Account", Role: "Role", Groups: "Groups", By: "By", Now: "Now", Then: "Then",
		UserHelp:    "The name in IAM; * stands for anything, empty fits everybody. Capitals count.",
		GroupHelp:   "One of the user's groups in IAM, as told at the sign-in. Empty: any, also none.",
		AccountHelp: "The account (IAM's domain). Empty fits all.",
		Region:      "Region", RegionHelp: "Where they sign in. Empty: anywhere.",
		GroupsUnknown: "not told by IAM",
		BySetting:     "set by FLOWDECK_ADMINS", ByRule: "rule {}", ByNone: "no rule",
		NoAdmins: "FLOWDECK_ADMINS names nobody", EverybodyElse: "Everybody else",
		FreeHelp: "What they may do, the service decides. With a first rule, whom none fits looks on only.",
		AddTitle: "Add a rule", EditTitle: "Change a rule", FormLead: "Before anybody's role changes, you are shown whose.",
		May: RoleWords{
			Viewer: "sees every page", Operator: "starts, stops, switches outputs, protects, answers alarms",
			Engineer: "makes, changes and deletes flows", Admin: "gives roles, keeps displays, webhooks and sessions, breaks protections",
		},
		BadPattern: "Up to 128 characters, on one line.", BadRole: "Choose a role.", TooMany: "There are 100 rules already.",
		AskAdd: "Add this rule?", AskSave: "Change this rule?", AskMove: "Move this rule?", AskRemove: "Remove this rule?",
		AskLead: "It changes what these may do:", AskNone: "It changes nothing for anybody who is signed in now.",
		AskButton: "Do it", Yourself: "You give up your own role of admin.",
		Changed: "Somebody else changed the rules", ChangedText: "Nothing was done. These are the rules now.",
		Done: "The rules are changed.",
	},
}

var chineseRoles = Roles{
	Names: RoleNames{Nobody: "无角色", RoleWords: RoleWords{Viewer: "观察员", Operator: "操作员", Engineer: "工程师", Admin: "管理员"}},
	Only:  RoleWords{Viewer: "仅限观察员", Operator: "仅限操作员", Engineer: "仅限工程师", Admin: "仅限管理员"},
	Takes: func(needs, has string) string {
		return "此操作需要“" + needs + "”角色，您的角色是“" + has + "”。"
	},
	Denied: "账户无权",
	DeniedFull: func(does, clock string) string {
		return "您的账户无权" + does + "：服务于 " + clock + " UTC 拒绝。15 分钟后或重新登录后可再试。"
	},
	DeniedHead: func(does string) string { return "您的账户无权" + does },
	DeniedNow: func(does string) string {
		return "您的账户无权" + does + "：服务已拒绝，未执行任何操作。请联系账户管理员授权。"
	},
	Does: map[string]string{
		"ModifyFlowStart": "启动传输流", "ModifyFlowStop": "停止传输流", "CreateFlows": "新建传输流", "DeleteFlow": "删除传输流",
		"ModifyFlowSources": "修改源", "CreateFlowOutput": "添加输出", "ModifyFlowOutput": "修改输出", "DeleteFlowOutput": "移除输出",
		"ModifyOttChannelInfoStats": "开启和关闭频道", "CreateOttChannelInfo": "新建频道", "DeleteOttChannelInfo": "删除频道",
		"ModifyOttChannelInfoGeneral": "重命名频道", "ModifyOttChannelInfoInput": "修改频道输入",
		"ModifyOttChannelInfoEndPoints": "修改频道打包输出", "ModifyOttChannelInfoRecordSettings": "修改频道录制",
		"ModifyOttChannelInfoEncoderSettings": "修改频道转码模板",
	},
	Page: RolePage{
		Title: "角色", Refused: "您的角色权限不足",
		Lacks: func(needs, has string) string {
			return "此处需要“" + needs + "”角色，您的角色是“" + has + "”。未执行任何操作。"
		},
		AskThese:  func(people string) string { return "角色由 " + people + " 授予。" },
		AskNobody: "尚无人可授予角色。请由部署者在 FLOWDECK_ADMINS 中指定管理员。",
		YourRole:  "角色",
		Lead:      "在服务许可的范围内，每个人最多可以做什么。由第一条符合的规则决定。修改在两秒内生效，已打开的页面也是如此。",
		Link:      "角色", LinkLead: "谁只能查看，谁负责运行，谁负责搭建传输流，谁管理本系统。",
		Add: "添加规则", Edit: "修改", Remove: "移除", Up: "上移", Down: "下移", Save: "保存",
		Rules: "规则", Present: "当前已登录",
		User: "用户", Group: "用户组", Account: "账户", Role: "角色", Groups: "用户组", By: "依据", Now: "现在", Then: "之后",
		UserHelp:    "IAM 中的用户名；* 代表任意字符，留空则符合所有人。区分大小写。",
		GroupHelp:   "用户在 IAM 中的任一用户组，登录时获知。留空则不限，也可没有。",
		AccountHelp: "账户（IAM 的域）。留空则不限。",
		Region:      "区域", RegionHelp: "登录的区域。留空则不限。",
		GroupsUnknown: "IAM 未告知",
		BySetting:     "由 FLOWDECK_ADMINS 指定", ByRule: "规则 {}", ByNone: "无规则",
		NoAdmins: "FLOWDECK_ADMINS 未指定任何人", EverybodyElse: "其他所有人",
		FreeHelp: "可做什么由服务决定。添加第一条规则后，不符合任何规则者只能查看。",
		AddTitle: "添加规则", EditTitle: "修改规则", FormLead: "在任何人的角色改变之前，会先显示涉及哪些人。",
		May: RoleWords{
			Viewer: "可查看所有页面", Operator: "启动、停止、开关输出、保护、处理告警",
			Engineer: "新建、修改和删除传输流", Admin: "授予角色，管理大屏、Webhook 和会话，强制解除保护",
		},
		BadPattern: "最多 128 个字符，且只能一行。", BadRole: "请选择角色。", TooMany: "已有 100 条规则。",
		AskAdd: "添加此规则？", AskSave: "修改此规则？", AskMove: "移动此规则？", AskRemove: "移除此规则？",
		AskLead: "以下各人的角色将改变：", AskNone: "当前已登录者均不受影响。",
		AskButton: "执行", Yourself: "您将失去自己的管理员角色。",
		Changed: "规则已被他人修改", ChangedText: "未执行任何操作。以下是当前规则。",
		Done: "规则已修改。",
	},
}
