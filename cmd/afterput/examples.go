package main

// example is a command line that --help shows, and what it does.
type example struct{ does, line string }

// examples are those of each command.
var examples = map[string][]example{
	"validate": {
		{"A rules file, and whether the triggers in s.yaml bring every event that it wants.",
			"afterput validate --s-yaml s.yaml rules.yaml"},
		{"Every rules file of a folder, with annotations for a workflow of GitHub.",
			"afterput validate --strict --format github rules"},
	},
	"explain": {
		{"What happens to an upload.",
			"afterput explain rules.yaml --key oss://my-uploads/in/a.jpg --size 8MiB"},
		{"What happens to every key of a listing.",
			"afterput explain rules.yaml --bucket my-uploads --keys keys.txt"},
		{"What would have happened to events that were given up.",
			"afterput explain rules.yaml --event failed.jsonl"},
	},
	"graph": {
		{"A picture.", "afterput graph --format svg rules.yaml > rules.svg"},
		{"What one rule does, for a README.", "afterput graph --rule all rules.yaml"},
	},
	"schema": {
		{"The schema beside the rules, where their first line names it.",
			"afterput schema > rules.schema.json"},
	},
	"local": {
		{"Try rules: upload to the address that it prints, and watch the copies.",
			"afterput local --rules rules.yaml"},
		{"Keep the objects, log every request, and let the function do only what its role may.",
			"afterput local --rules rules.yaml --data objects --request-log requests.jsonl --policy policy.json"},
	},
	"triggers": {
		{"Print the triggers.", "afterput triggers rules.yaml"},
		{"Write them into s.yaml, with an hourly search for lost events.",
			"afterput triggers --sweep 1h --write s.yaml rules.yaml"},
	},
	"policy": {
		{"The policy of the function's role, by the settings in s.yaml.",
			"afterput policy --s-yaml s.yaml rules.yaml > policy.json"},
		{"Who may assume the roles of the function and of its triggers.", "afterput policy --role"},
	},
	"copy": {
		{"Which requests a copy takes; it changes nothing.",
			"afterput copy oss://my-uploads/in/a.jpg oss://my-replica/ --dry-run --region cn-hangzhou"},
		{"Copy an object, with other tags and class.",
			"afterput copy oss://my-uploads/in/a.jpg oss://my-replica/b.jpg --tagging-directive REPLACE " +
				"--tagging team=a --storage-class IA --region cn-hangzhou"},
	},
	"diff": {
		{"Which copies are missing or outdated.", "afterput diff rules.yaml --region cn-hangzhou"},
		{"Compare metadata, tags, ACL and content too, and print what scripts can read.",
			"afterput diff rules.yaml --deep --json --region cn-hangzhou"},
	},
	"backfill": {
		{"What there is to copy, and what that costs.", "afterput backfill rules.yaml --region cn-hangzhou"},
		{"Make the copies; the same command goes on where it was stopped.",
			"afterput backfill rules.yaml --job job --yes --region cn-hangzhou"},
	},
	"gc": {
		{"List what killed invocations left in a bucket.", "afterput gc my-replica --region cn-hangzhou"},
		{"Remove it.", "afterput gc my-replica --yes --region cn-hangzhou"},
	},
	"replay": {
		{"What the events would do.", "afterput replay failed.jsonl --rules rules.yaml"},
		{"Do it.", "afterput replay failed.jsonl --rules rules.yaml --yes --region cn-hangzhou"},
	},
	"oss": {
		{"An OSS that keeps its objects.", "afterput oss --data objects"},
		{"An OSS whose access key may do what a policy allows; the key admin may do everything.",
			"afterput oss --policy policy.json --events events.jsonl"},
	},
	"completion": {
		{"Complete command lines in fish.", "afterput completion fish > ~/.config/fish/completions/afterput.fish"},
		{"In zsh, in a folder of $fpath.", "afterput completion zsh > ~/.zfunc/_afterput"},
		{"In bash.", "afterput completion bash > ~/.local/share/bash-completion/completions/afterput"},
	},
}
