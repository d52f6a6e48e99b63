package rulesfile

// common are the defaults of the files that Large returns.
const common = "defaults: {copy: {object-acl: private, server-side-encryption: AES256}}\n"

// Large returns files of n rules as people write them for thousands of tenants: rules that differ by a number.
func Large(n int) []File {
	return []File{
		large("a prefix each, to another bucket", n,
			"    match: {prefix: t%d/}\n    copy: [{bucket: replica}]\n"),
		large("a regexp with captures each, to the other source", n,
			"    match: {regexp: '^tenant%d/(?<y>\\d{4})/(?<rest>.+)\\.csv$'}\n"+
				"    copy: [{bucket: src-b, key: \"done/${re.y}/${re.rest}\"}]\n"),
		large("a prefix and three exceptions each, to the other source", n,
			"    match: {prefix: t%d/}\n"+
				"    except: [{suffix: [.tmp, .part]}, {glob: \"**/_*\"}, {glob: \"**/.tmp/**\"}]\n"+
				"    copy: [{bucket: src-b, key: \"copy/${key}\"}]\n"),
		large("a regexp for the suffix each, within the bucket, except done/", n,
			"    match: {bucket: src-a, regexp: '\\.s%d$'}\n    copy: [{key: \"done/${key}\"}]\n"+
				"    except: [{prefix: done/}]\n"),
		large("one prefix and a regexp without case each, within the bucket", n,
			"    match: {bucket: src-a, prefix: in/, regexp: '(?i)s%d'}\n"+
				"    copy: [{key: \"t%d/${dir#in/}/${stem}.bak\"}]\n"),
		large("a glob with ** and braces each, to the other source", n,
			"    match: {bucket: src-a, glob: \"data/**/s%d-*.{csv,json,parquet}\"}\n"+
				"    copy: [{bucket: src-b, key: \"lake/s%d/dt=${time.date}/${base}\"}]\n"),
		large("a prefix each, within the bucket", n,
			"    match: {bucket: src-a, prefix: in/%d/}\n    copy: [{key: \"out/%d/${base}\"}]\n"),
		large("a prefix each, to another bucket, with deletion", n,
			"    match: {prefix: t%d/}\n    copy: [{bucket: replica}]\n    delete: [{bucket: replica}]\n"),
		large("a hundred exceptions each, within the bucket", n/200,
			"    match: {prefix: t%d/}\n    except:\n      - prefix: out/\n"+
				numbered(99, "      - glob: '**/x%d-*/**'\n")+
				"    copy: [{key: \"out/t%d/${key}\"}]\n"),
	}
}

// large is a file of rules that differ by a number.
func large(name string, n int, rule string) File {
	return File{name, func() []byte {
		return []byte(head + common + "rules:\n" + numbered(n, "  - name: r%d\n"+rule))
	}}
}
