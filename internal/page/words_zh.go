package page

// chinese is [english] in the Chinese of Alibaba Cloud's own pages.
var chinese = map[string]string{
	"lang": "zh", "other": "en", "otherName": "English",
	"skip": "跳到正文", "views": "视图", "live": "实时", "buckets": "Bucket", "rules": "规则",
	"perSecond": "事件/秒", "events": "事件", "copies": "已拷贝", "failed": "失败", "waiting": "等待中",
	"connected": "已连接", "disconnected": "连接已断开，正在重试",
	"noScript": "本页面需要 JavaScript。",

	"upload": "上传", "drop": "将文件拖到此处，或点击选择。不选择文件时，将创建一个下方所填大小的 Object，最大 48 TiB，不占磁盘空间。",
	"byEnding": "按扩展名", "example": "例如",
	"noFile": "不使用文件", "files": "{} 个文件", "bucket": "Bucket", "key": "Key", "size": "大小",
	"contentType": "Content-Type", "more": "存储类型、标签、元数据", "class": "存储类型",
	"tags": "标签，每行一个 KEY=VALUE", "meta": "元数据，每行一个 KEY=VALUE",
	"try": "试运行", "command": "命令", "uploaded": "已上传 {}", "keyMissing": "缺少 Key",

	"trouble": "故障注入", "troubleHint": "作用于执行拷贝的请求，直到关闭为止。",
	"slow": "变慢：每个请求 1.5 秒", "busy": "繁忙：503", "denied": "拒绝：403",
	"lost": "丢失一半响应", "kill": "终止函数进程", "killed": "函数进程已被终止",
	"replayHint": "已放弃的事件不会自动重试：请打开该事件并选择“重放”",
	"refusal":    "被拒绝 1 次", "refusals": "被拒绝 {} 次", "after": "（{}）", "madeBy": "已由 #{} 拷贝",
	"notBusy": "函数当前没有处理事件：请先上传并让请求变慢", "times": "{} 次",

	"flow": "生效中的规则", "allKeys": "所有 Key", "inLine": "（第 {} 行）", "disabled": "已禁用", "if": "条件",
	"focusOn": "当前显示 {}", "otherRules": "#{} 由较早的规则处理", "find": "按 Bucket 或 Key 查找", "state": "显示",
	"all": "全部事件", "uncopied": "未拷贝", "failedOnly": "失败或重试中", "noEvents": "暂无事件，请先上传。",
	"noneMatches": "{} 个事件中没有匹配的事件。", "older": "更早", "newer": "有 {} 个新事件：显示", "newerOne": "有 1 个新事件：显示",
	"live-again": "显示全部并实时更新",

	"state-waiting": "等待中", "state-running": "拷贝中", "state-none": "未拷贝", "state-ignored": "已忽略",
	"state-untriggered": "无触发器", "state-retrying": "重试中", "state-given-up": "已放弃",
	"state-copied": "已拷贝", "state-unchanged": "无变化", "state-superseded": "已被新版本取代", "state-exists": "已存在",
	"state-skipped": "已跳过", "state-restoring": "解冻中", "state-failed": "失败", "state-deleted": "已删除",
	"state-kept": "已保留", "copied": "已拷贝", "attempts": "第 {} 次执行", "byCopy": "由 #{} 的拷贝产生", "replayOf": "重放 #{}",
	"moreCopies": "另有 {} 个拷贝", "notSource": "{} 不是规则的源 Bucket：其事件不会触发函数",

	"toEvent": "事件 #{}", "lineRule": "规则", "lineCondition": "起决定作用的条件", "lineCopy": "拷贝",
	"why": "原因", "taken": "匹配", "nottaken": "不匹配", "depends": "取决于", "unreadable": "无法读取",
	"line": "第 {} 行", "shadowed": "{} 不会被创建：规则 {} 已写入该目标", "copiesOf": "拷贝", "values": "取值",
	"then": "随后 {} → {}", "requests": "请求", "requestsOmitted": "更早的 {} 个请求未保留",
	"operation": "操作", "status": "状态码", "time": "耗时", "part": "分片 {}", "noReply": "无响应",
	"report": "报告", "attempt": "第 {} 次执行", "event": "事件", "replay": "重放", "replayed": "已重放为 #{}",
	"explainCommand": "查看 explain 命令", "noReport": "暂无报告。", "open": "在 Bucket 中查看",
	"noTaken": "没有规则匹配。", "alike": "（另有 {} 条规则同样接近）",
	"otherBucket": "1 条规则针对其他 Bucket", "otherBuckets": "{} 条规则针对其他 Bucket", "otherPrefix": "Key 不以 {} 开头",
	"allCopies": "将产生 {} 个拷贝", "oneCopy": "将产生 1 个拷贝",

	"objects": "Object", "object": "Object 详情", "prefix": "前缀", "refresh": "刷新", "noObjects": "没有 Object。",
	"chooseObject": "选择一个 Object，查看其版本，并与拷贝对比。", "source": "源",
	"marker": "删除标记", "underWay": "已上传 {} 个分片，{}", "versions": "版本", "current": "当前", "unversioned": "未开启版本控制",
	"property": "属性", "thesource": "源", "thecopy": "拷贝", "because": "原因", "notThere": "拷贝不存在。",
	"same": "另有 {} 项属性相同", "comparedWith": "{} 与其拷贝", "versioned": "版本控制",

	"reload": "从磁盘重新读取", "save": "保存并生效", "saved": "已保存，规则已生效",
	"rulesText": "规则", "valid": "有效", "problems": "{} 个错误", "warnings": "{} 个警告",
	"problem": "错误", "warning": "警告", "note": "提示", "drawn": "当前编辑的规则", "tryTitle": "试运行当前编辑的规则",
	"unsaved": "未保存", "noProblems": "有效，无警告",

	"copyText": "复制", "copiedText": "已复制到剪贴板", "close": "关闭",
}
