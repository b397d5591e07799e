package text

// Roles are the texts of who may do what.
type Roles struct {
	Names RoleNames
	Only  RoleNames                      // on a button that takes one: "engineers only"
	Takes func(needs, has string) string // in full: what it takes, and what one is

	Denied     string                          // on a button that the service refused lately
	DeniedFull func(does, clock string) string // in full: what, and when it said so
	Does       map[string]string               // what an operation of the API does, by its name

	Page RolePage
}

// RoleNames has a word for each role.
type RoleNames struct{ Nobody, Viewer, Operator, Engineer, Admin string }

// Of gives the word of a role by the role's own; that of nobody for none.
func (n RoleNames) Of(role string) string {
	switch role {
	case "viewer":
		return n.Viewer
	case "operator":
		return n.Operator
	case "engineer":
		return n.Engineer
	case "admin":
		return n.Admin
	}
	return n.Nobody
}

// RolePage is the page of roles, and what is said to whom lacks one.
type RolePage struct {
	Title     string
	Refused   string // title of a page that may not be seen
	Lacks     func(needs, has string) string
	AskThese  func(people string) string // who can give a role
	AskNobody string                     // where nobody can
	YourRole  string                     // in the menu: "Role"
}

var englishRoles = Roles{
	Names: RoleNames{Nobody: "no role", Viewer: "viewer", Operator: "operator", Engineer: "engineer", Admin: "admin"},
	Only:  RoleNames{Viewer: "viewers only", Operator: "operators only", Engineer: "engineers only", Admin: "admins only"},
	Takes: func(needs, has string) string {
		return "This takes the role " + needs + ". You are " + has + "."
	},
	Denied: "account may not",
	DeniedFull: func(does, clock string) string {
		return "Your account may not " + does + ": the service said so at " + clock + " UTC. It can be tried again 15 minutes later, or after a new sign-in."
	},
	Does: map[string]string{
		"ModifyFlowStart": "start flows", "ModifyFlowStop": "stop flows", "CreateFlows": "make flows", "DeleteFlow": "delete flows",
		"ModifyFlowSources": "change sources", "CreateFlowOutput": "add outputs", "ModifyFlowOutput": "change outputs",
		"DeleteFlowOutput": "remove outputs",
	},
	Page: RolePage{
		Title: "Roles", Refused: "Your role does not reach this far",
		Lacks: func(needs, has string) string {
			return "This takes the role " + needs + ". You are " + has + ". Nothing was done."
		},
		AskThese:  func(people string) string { return "Roles are given by " + people + "." },
		AskNobody: "Nobody gives roles here yet. Whoever runs this installation names its admins in FLOWDECK_ADMINS.",
		YourRole:  "Role",
	},
}

var chineseRoles = Roles{
	Names: RoleNames{Nobody: "无角色", Viewer: "观察员", Operator: "操作员", Engineer: "工程师", Admin: "管理员"},
	Only:  RoleNames{Viewer: "仅限观察员", Operator: "仅限操作员", Engineer: "仅限工程师", Admin: "仅限管理员"},
	Takes: func(needs, has string) string {
		return "此操作需要“" + needs + "”角色，您是“" + has + "”。"
	},
	Denied: "账户无权",
	DeniedFull: func(does, clock string) string {
		return "您的账户无权" + does + "：服务于 " + clock + " UTC 拒绝。15 分钟后或重新登录后可再试。"
	},
	Does: map[string]string{
		"ModifyFlowStart": "启动传输流", "ModifyFlowStop": "停止传输流", "CreateFlows": "新建传输流", "DeleteFlow": "删除传输流",
		"ModifyFlowSources": "修改源", "CreateFlowOutput": "添加输出", "ModifyFlowOutput": "修改输出", "DeleteFlowOutput": "移除输出",
	},
	Page: RolePage{
		Title: "角色", Refused: "您的角色权限不足",
		Lacks: func(needs, has string) string {
			return "此处需要“" + needs + "”角色，您是“" + has + "”。未执行任何操作。"
		},
		AskThese:  func(people string) string { return "角色由 " + people + " 授予。" },
		AskNobody: "尚无人可授予角色。请由部署者在 FLOWDECK_ADMINS 中指定管理员。",
		YourRole:  "角色",
	},
}
