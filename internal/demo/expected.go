package main

// expectation is what one destination must be, written by hand.
type expectation struct {
	source      string // bucket/key
	rule        string
	bucket, key string

	crc         uint64
	contentType string
	cache       string
	meta        map[string]string
	tags        map[string]string
	acl         string
	class       string

	method   string
	replaced string // what the rule changes, for the table
}

// expectations returns what must be in the destination buckets, and nothing else.
func expectations(uploaded map[string]source) []expectation {
	day := uploaded[log].put
	date := day.Format("2006/01/02")
	return []expectation{
		{
			source: "erp-inbox/" + invoice, rule: "fan-out-invoices", bucket: "finance-replica", key: invoice,
			crc: uploaded[invoice].crc, contentType: "application/pdf", acl: "default", class: "Standard",
			method: "CopyObject", replaced: "encryption",
		},
		{
			source: "erp-inbox/" + invoice, rule: "fan-out-invoices", bucket: "audit-replica", key: "erp/" + invoice,
			crc: uploaded[invoice].crc, contentType: "application/pdf", acl: "private", class: "Standard",
			tags:   invoiceTags(uploaded[invoice]),
			method: "CopyObject", replaced: "key, tags, ACL, encryption",
		},
		{
			source: "camera-uploads/" + photo, rule: "file-photos-by-date",
			bucket: "camera-uploads", key: "photos/2026/11/20/d750-0001.jpg",
			crc: uploaded[photo].crc, contentType: "image/jpeg", acl: "default", class: "IA",
			meta:   map[string]string{"photographer": "Li Wei 李伟", "iso": "400"},
			tags:   map[string]string{"project": "alps", "rating": "5", "camera": "d750"},
			method: "CopyObject", replaced: "key, one tag, class, encryption",
		},
		{
			source: "camera-uploads/" + film, rule: "replicate-films", bucket: "films-replica", key: film,
			crc: uploaded[film].crc, contentType: "video/quicktime", acl: "default", class: "Standard",
			method: "CopyObject", replaced: "class (restored first), encryption",
		},
		{
			source: "staging-site/" + report, rule: "publish-site", bucket: "www-site", key: "报告 2026+Q4 100%.txt",
			crc: uploaded[report].crc, contentType: "text/plain; charset=utf-8", cache: "max-age=300",
			acl: "public-read", class: "Standard",
			method: "CopyObject", replaced: "key, Cache-Control, ACL, encryption",
		},
		{
			source: "app-logs/" + log, rule: "archive-logs", bucket: "logs-archive", key: date + "/app/2026-11-20.log",
			crc: uploaded[log].crc, contentType: "text/plain", acl: "default", class: "Archive",
			method: "CopyObject", replaced: "key, class, encryption",
		},
		{
			source: "app-logs/" + hugeLog, rule: "cold-archive-huge-logs",
			bucket: "logs-archive", key: date + "/huge/trace.bin",
			crc: uploaded[hugeLog].crc, contentType: "application/octet-stream", acl: "default", class: "ColdArchive",
			method: "UploadPartCopy", replaced: "key, class, encryption",
		},
		{
			source: "erp-inbox/" + twice, rule: "fan-out-invoices", bucket: "finance-replica", key: twice,
			crc: uploaded[twice].crc, contentType: "application/xml", acl: "default", class: "Standard",
			method: "CopyObject", replaced: "encryption",
		},
		{
			source: "erp-inbox/" + twice, rule: "fan-out-invoices", bucket: "audit-replica", key: "erp/" + twice,
			crc: uploaded[twice].crc, contentType: "application/xml", acl: "private", class: "Standard",
			tags:   invoiceTags(uploaded[twice]),
			method: "CopyObject", replaced: "key, tags, ACL, encryption",
		},
	}
}

// invoiceTags returns the tags that the rule sets on the audit copy of an invoice.
func invoiceTags(uploaded source) map[string]string {
	return map[string]string{"copied-by": "fan-out-invoices", "received": uploaded.put.Format("2006-01-02")}
}
