package page

// english has the texts of the page and of its scripts; {} is filled in.
var english = map[string]string{
	"lang": "en", "other": "zh", "otherName": "中文",
	"skip": "Skip to the content", "views": "Views", "live": "Live", "buckets": "Buckets", "rules": "Rules",
	"perSecond": "events/s", "events": "Events", "copies": "Copies", "failed": "Failed", "waiting": "Waiting",
	"connected": "connected", "disconnected": "disconnected; trying again",
	"noScript": "This page needs JavaScript.",

	"upload": "Upload",
	"drop": "Drop files here, or choose some. Without a file, an object of the size below is made, " +
		"up to 48 TiB, which takes no space on disk.",
	"byEnding": "by its ending", "example": "e.g.",
	"noFile": "No file", "files": "{} files", "bucket": "Bucket", "key": "Key", "size": "Size",
	"contentType": "Content type", "more": "Class, tags, metadata", "class": "Storage class",
	"tags": "Tags, one KEY=VALUE a line", "meta": "Metadata, one KEY=VALUE a line",
	"try": "Dry run", "command": "Command", "uploaded": "{} uploaded", "keyMissing": "The key is missing",

	"trouble": "Trouble", "troubleHint": "Happens to the requests that make copies, until it is switched off.",
	"slow": "Slow: 1.5 s each", "busy": "Busy: 503", "denied": "Denied: 403",
	"lost": "Lost: half of the replies", "kill": "Kill the function", "killed": "The function was killed",
	"replayHint": "Events that were given up are not tried again: open one, and choose Replay",
	"refusal":    "1 refusal", "refusals": "{} refusals", "after": "after {}", "madeBy": "copied by #{}",
	"notBusy": "The function has no event: upload something and slow it down first", "times": "{}×",

	"flow": "The rules in force", "allKeys": "all keys", "inLine": " (line {})", "disabled": "disabled", "if": "if",
	"focusOn": "shown for {}", "otherRules": "#{} was decided by earlier rules", "find": "Find in bucket or key",
	"state": "Show",
	"all":   "all events", "uncopied": "not copied", "failedOnly": "failed, retrying",
	"noEvents": "No events yet. Upload something.", "noneMatches": "0 of {} events match.",
	"older": "Older", "newer": "{} new events: show", "newerOne": "1 new event: show", "live-again": "Show all, live",

	"state-waiting": "waiting", "state-running": "copying", "state-none": "not copied", "state-ignored": "ignored",
	"state-untriggered": "no trigger", "state-retrying": "retrying", "state-given-up": "given up",
	"state-copied": "copied", "state-unchanged": "unchanged", "state-superseded": "superseded",
	"state-exists":  "exists",
	"state-skipped": "skipped", "state-restoring": "restoring", "state-failed": "failed", "state-deleted": "deleted",
	"state-kept": "kept", "copied": "copied", "attempts": "attempt {}", "byCopy": "by the copy of #{}",
	"replayOf":   "replay of #{}",
	"moreCopies": "and {} more copies",
	"notSource":  "{} is not a source of the rules: its events do not reach the function",

	"toEvent": "event #{}", "lineRule": "the rule", "lineCondition": "the condition that decided",
	"lineCopy": "the copy", "why": "Why", "taken": "takes it", "nottaken": "does not", "depends": "depends",
	"unreadable": "unreadable",
	"line":       "line {}", "shadowed": "{} is not made: rule {} writes it already", "copiesOf": "Copies",
	"values": "Values",
	"then":   "then {} → {}", "requests": "Requests", "requestsOmitted": "{} earlier ones are not kept",
	"operation": "Operation", "status": "Status", "time": "Time", "part": "part {}", "noReply": "no reply",
	"report": "Report", "attempt": "Attempt {}", "event": "Event", "replay": "Replay", "replayed": "Replayed as #{}",
	"explainCommand": "Explain as a command", "noReport": "There is no report yet.", "open": "Show in Buckets",
	"noTaken": "No rule takes it.", "alike": "(and {} more came as near)",
	"otherBucket":  "1 rule is for other buckets",
	"otherBuckets": "{} rules are for other buckets", "otherPrefix": "key does not begin with {}",
	"allCopies": "{} copies would be made", "oneCopy": "1 copy would be made",

	"objects": "Objects", "object": "Object", "prefix": "Prefix", "refresh": "Refresh", "noObjects": "No objects.",
	"chooseObject": "Choose an object: its versions, and its copies side by side.", "source": "source",
	"marker": "delete marker", "underWay": "{} parts under way, {}", "versions": "Versions",
	"current": "current", "unversioned": "unversioned",
	"property": "Property", "thesource": "Source", "thecopy": "Copy", "because": "Because",
	"notThere": "The copy is not there.",
	"same":     "{} more properties are the same", "comparedWith": "{} beside its copy", "versioned": "versioning",

	"reload": "Reload from disk", "save": "Save and put in force", "saved": "Saved: the rules are in force",
	"rulesText": "Rules", "valid": "valid", "problems": "problems: {}", "warnings": "warnings: {}",
	"problem": "problem", "warning": "warning", "note": "note", "drawn": "These rules",
	"tryTitle": "Dry run of these rules",
	"unsaved":  "not saved", "noProblems": "valid, no warnings",

	"copyText": "Copy", "copiedText": "Copied", "close": "Close",
}
