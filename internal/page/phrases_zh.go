package page

import (
	"net/http"
	"regexp"
	"strings"
	"sync"

	"afterput/rules"
)

// phrase is a form of what the loader and the planner say, and what it is in Chinese. $1 is what a group of the form
// found; {1} is that in Chinese, and [1] is a list of values.
type phrase struct {
	form    *regexp.Regexp
	chinese string
}

// phrases are tried in their order.
var phrases = sync.OnceValue(func() (all []phrase) {
	for _, p := range [][2]string{
		// Why a rule does not take an object.
		{`disabled`, "已禁用"},
		{`disabled; it would take the object`, "已禁用；启用后会匹配该 Object"},
		{`disabled; else it would depend (on .*)`, "已禁用；启用后{1}"},
		{`disabled; (.*)`, "已禁用；{1}"},
		{`disabled, and (.*)`, "已禁用，并且 {1}"},
		{`rule (\S+) has stop and takes the object first`, "规则 $1 带 stop，已先匹配该 Object"},
		{`makes no copy and has stop: no rule below takes the object`, "不产生拷贝且带 stop：之后的规则不再匹配该 Object"},
		{`on rule (\S+), which has stop and may take the object first`, "取决于带 stop 的规则 $1 是否先匹配该 Object"},
		{`on rule (\S+), which has stop and may take the object first; (.*)`,
			"取决于带 stop 的规则 $1 是否先匹配该 Object；{2}"},
		{`on the event: (.*)`, "取决于事件：{1}"},
		{`on (HeadObject|GetObjectTagging): (.*)`, "取决于 $1：{2}"},
		{`the event does not leave a complete object: (.*)`, "该事件之后没有完整的 Object：{1}"},
		{`excluded by (except|defaults\.except): (.*)`, "被 $1 排除：{2}"},
		{`key does not begin with (.*), ignoring case`, "Key 不以 [1] 开头（不区分大小写）"},
		{`key does not begin with (.*)`, "Key 不以 [1] 开头"},
		{`key does not end with (.*), ignoring case`, "Key 不以 [1] 结尾（不区分大小写）"},
		{`key does not end with (.*)`, "Key 不以 [1] 结尾"},
		{`key does not match the glob (.*), ignoring case`, "Key 不匹配 glob [1]（不区分大小写）"},
		{`key does not match the glob (.*)`, "Key 不匹配 glob [1]"},
		{`key does not match the regexp (.*)`, "Key 不匹配正则表达式 $1"},
		{`size is (\S+), must be (at least \S+ and below \S+|at least \S+|below \S+)`, "size 为 $1，应{2}"},
		{`(bucket|event|principal|source-ip|content-type|storage-class) is not known, must be (.*)`, "$1 未知，应为 [2]"},
		{`(bucket|event|principal|source-ip|content-type|storage-class) is (.*), must be (.*)`, "$1 为 $2，应为 [3]"},
		{`(?:tag) (.*) is absent, must be (.*)`, "没有标签 $1，应为 [2]"},
		{`(?:tag) (.*) is ("(?:[^"\\]|\\.)*"), must be absent`, "标签 $1 为 $2，应不存在"},
		{`(?:tag) (.*) is ("(?:[^"\\]|\\.)*"), must be (.*)`, "标签 $1 为 $2，应为 [3]"},
		{`(?:meta) (.*) is absent, must be (.*)`, "没有元数据 $1，应为 [2]"},
		{`(?:meta) (.*) is ("(?:[^"\\]|\\.)*"), must be absent`, "元数据 $1 为 $2，应不存在"},
		{`(?:meta) (.*) is ("(?:[^"\\]|\\.)*"), must be (.*)`, "元数据 $1 为 $2，应为 [3]"},
		{`at least (\S+) and below (\S+)`, "不小于 $1 且小于 $2"},
		{`at least (\S+)`, "不小于 $1"},
		{`below (\S+)`, "小于 $1"},
		// Why an event leads to no copy.
		{`a multipart upload begins: no object yet`, "分片上传刚刚开始，还没有 Object"},
		{`a part of a multipart upload: no object yet`, "分片上传中的一个分片，还没有 Object"},
		{`something was removed`, "有内容被删除"},
		{`an object was read`, "有 Object 被读取"},
		{`an object's metadata changed, not its content`, "Object 的元数据有变化，内容没有"},
		{`about restoring an archived object, which cannot be read yet`, "与解冻归档 Object 有关，该 Object 尚不可读"},
		{`about a bucket, not an object`, "与 Bucket 有关，与 Object 无关"},
		// Where the values of a copy come from.
		{`rule`, "规则"}, {`defaults`, "defaults"}, {`source`, "源"}, {`OSS default`, "OSS 默认"},
		{`the source's`, "与源相同"},
		{`the destination bucket decides`, "由目标 Bucket 决定"},
		{`inherits the destination bucket's ACL, whatever the source had`, "继承目标 Bucket 的 ACL，与源无关"},
		{`sent as REPLACE with the source's tags and these`, "以 REPLACE 发送源的标签和这些标签"},
		{`the source's content headers and metadata`, "源的内容头和元数据"},
		{`sent as REPLACE with the source's values and these`, "以 REPLACE 发送源的值和这些值"},
		{`nothing is sent: the destination bucket decides`, "不发送：由目标 Bucket 决定"},
		{`OSS does not copy the source's encryption: the destination bucket decides`, "OSS 不拷贝源的加密方式：由目标 Bucket 决定"},
		{`no effect on versioned buckets`, "对开启版本控制的 Bucket 无效"},
		{`in addition to the event's own ETag`, "与事件中的 ETag 同时生效"},
		{`of a symbolic link, what it points to is copied`, "对于软链接，拷贝其指向的 Object"},
		{`if the source is archived`, "当源已归档时"},
		{`the source's ACL, read with GetObjectAcl; default becomes its bucket's, read with GetBucketAcl`,
			"源的 ACL，通过 GetObjectAcl 读取；default 则取其 Bucket 的 ACL，通过 GetBucketAcl 读取"},
		{`drops all content headers and metadata that are not given here, except what client-side encryption needs`,
			"除客户端加密所需的以外，未在此给出的内容头和元数据全部丢弃"},
		{`an upload made at the same time may be overwritten, unless the bucket has versioning`,
			"除非 Bucket 开启版本控制，否则同时进行的上传可能被覆盖"},
		{`the symbolic link is copied as a link, and leads nowhere unless what it points to is in the destination ` +
			`bucket too`,
			"软链接按链接拷贝；只有目标 Bucket 中也有其指向的 Object 时才有效"},
		{`unless this is the function's, the content passes through it: (.*)`, "除非与函数同地域，否则内容经过函数：$1"},
		{`assumed for the destination; the content passes through the function`, "用于访问目标；内容经过函数"},
		{`in a bucket without versioning, an upload made while the source is deleted is lost`,
			"在未开启版本控制的 Bucket 中，删除源期间的上传会丢失"},
		{`in place`, "原地"}, {`stays as it is`, "保持不变"}, {`rewrites the object`, "重写该 Object"},
		{`content headers and metadata stay as they are`, "内容头和元数据保持不变"},
		{`set with PutObjectACL`, "通过 PutObjectACL 设置"}, {`set with PutObjectTagging`, "通过 PutObjectTagging 设置"},
		{`removed with DeleteObjectTagging`, "通过 DeleteObjectTagging 删除"},
		{`the source is deleted after all of its copies, of all rules, were verified`, "源的全部拷贝（所有规则）校验之后，删除源"},
		// Why a request of the page is refused.
		{`the bucket or the key is missing`, "缺少 Bucket 或 Key"},
		{`the size: (.*)`, "大小：$1"},
		{`the key: (.*)`, "Key：$1"},
		{`the size is (.*); OSS takes at most 48\.8TiB`, "大小为 $1；OSS 最大支持 48.8TiB"},
		{`tags: (".*"); want KEY=VALUE`, "标签：$1，应为 KEY=VALUE"},
		{`metadata: (".*"); want KEY=VALUE`, "元数据：$1，应为 KEY=VALUE"},
		{`the rules have problems: fix them first`, "规则有错误，请先修正"},
		{`(\S+) is not a source of these rules`, "$1 不是这些规则的源 Bucket"},
		{`(\S+) is not a source of the rules in force`, "$1 不是生效中的规则的源 Bucket"},
		{`the object does not exist`, "Object 不存在"},
		{`the event is no longer kept: only the newest are`, "该事件已不再保留：只保留最新的事件"},
		{`the file has changed since it was read: copy your text, and read the file again`,
			"读取之后文件已被修改：请先复制当前内容，再重新读取文件"},
	} {
		all = append(all, phrase{regexp.MustCompile(`^(?s:` + p[0] + `)$`), p[1]})
	}
	return all
})

// placeholders are those of a phrase.
var placeholders = regexp.MustCompile(`\$\d|\{\d\}|\[\d\]`)

// inChinese is a text of the loader or the planner in Chinese; one of another form stays as it is.
func inChinese(text string) string {
	for _, p := range phrases() {
		found := p.form.FindStringSubmatch(text)
		if found == nil {
			continue
		}
		return placeholders.ReplaceAllStringFunc(p.chinese, func(s string) string {
			value := found[strings.IndexByte("0123456789", strings.Trim(s, "${}[]")[0])]
			switch s[0] {
			case '{':
				return inChinese(value)
			case '[':
				return listInChinese(value)
			}
			return value
		})
	}
	if head, tail, ok := strings.Cut(text, "; "); ok && inChinese(head) != head && inChinese(tail) != tail {
		return inChinese(head) + "；" + inChinese(tail)
	}
	return text
}

var andMore = regexp.MustCompile(`^(.*) or (\d+) more$`)

// listInChinese is a list of values: "a, b or c". Where a value may have a space, it is left as it is.
func listInChinese(list string) string {
	if strings.Count(list, " ") != strings.Count(list, ", ")+strings.Count(list, " or ")*2 {
		if m := andMore.FindStringSubmatch(list); m != nil {
			return m[1] + " 等（另有 " + m[2] + " 个）"
		}
		return list
	}
	return strings.NewReplacer(", ", "、", " or ", " 或 ").Replace(list)
}

// said is a text in the language of the page that asks.
func said(r *http.Request, text string) string {
	if wordsFor(r)["lang"] == "zh" {
		return inChinese(text)
	}
	return text
}

// translate puts an explanation into the language of the page that asks.
func (e *explanation) translate(r *http.Request) {
	e.Ignored = said(r, e.Ignored)
	for i := range e.Rules {
		e.Rules[i].Reason = said(r, e.Rules[i].Reason)
	}
	for i := range e.Copies {
		for n := range e.Copies[i].Values {
			translate(r, &e.Copies[i].Values[n])
		}
	}
}

func translate(r *http.Request, v *rules.Value) {
	v.From, v.Note = rules.Origin(said(r, string(v.From))), said(r, v.Note)
	if v.Text == "the source's" {
		v.Text = said(r, v.Text)
	}
}

// findings say in Chinese what a warning or a note of the loader is about, by its code.
var findings = map[string]string{
	"never-matches": "该规则不会匹配任何 Object", "useless-except": "except 没有排除任何 Object",
	"always-fails": "该拷贝必定失败", "fails-in-place": "对目标就是自身的 Object，该拷贝失败",
	"literal-wildcard": "通配符按普通字符处理，与其他工具的含义不同", "put-only": "只匹配简单上传，分片上传的大文件不会被拷贝",
	"look-alike": "含有不可见或容易混淆的字符", "shadowed": "目标已由之前的拷贝写入，不会执行该拷贝",
	"same-destination": "不同的源写入同一个目标，拷贝会被覆盖", "never-deletes": "不会删除任何拷贝",
	"costly-condition": "该条件使每次上传都产生一次请求的费用", "class-minimum-size": "小文件按大文件计费",
	"class-minimum-days": "已被覆盖或删除的拷贝仍然计费", "public-acl": "任何人都可以访问拷贝",
	"encryption-lost": "拷贝不再具有源的加密方式", "unlisted-tag": "标签含有 OSS 文档未列出的字符",
	"useless-restore": "没有需要解冻的源 Object", "restore-tier": "某些源 Object 不支持该解冻优先级",
	"inherited-acl": "由目标 Bucket 决定谁可以读取拷贝", "bucket-encryption": "由目标 Bucket 决定拷贝的加密方式",
	"top-level-only": "该 glob 不匹配文件夹中的 Key", "long-chain": "拷贝链过长时不会执行",
	"other-region": "拷贝到其他地域，产生流量和时间费用", "other-role": "以其他角色拷贝，使用 Bucket Policy 可以避免",
	"exact-copy": "OSS 自身的复制更便宜", "restore-cost": "解冻需要时间和费用", "delete-cost": "删除和移动需要请求",
	"useless-default": "默认值永远用不到", "useless-ignore": "该注释没有忽略任何警告",
}
