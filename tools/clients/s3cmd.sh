# s3cmd, path style: host_bucket without a bucket.
set -euo pipefail
command -v s3cmd >/dev/null || { echo "s3cmd is not installed"; exit 0; }
host=${1#http://}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
s3() { s3cmd -c /dev/null --no-progress --no-ssl --access_key=local --secret_key=local --host="$host" --host-bucket="$host" "$@"; }
echo text >"$dir/text"
head -c 12000000 /dev/zero >"$dir/parts"
s3 mb s3://s3cmd >"$dir/log"
s3 put "$dir/text" "s3://s3cmd/a b+ü" >"$dir/log"; echo ok put
s3 get "s3://s3cmd/a b+ü" "$dir/got"; cmp "$dir/text" "$dir/got"; echo ok get
s3 cp "s3://s3cmd/a b+ü" s3://s3cmd/copy; echo ok copy
[ "$(s3 ls s3://s3cmd | wc -l)" = 2 ]; echo ok list
s3 put --multipart-chunk-size-mb=5 "$dir/parts" s3://s3cmd/parts; echo ok multipart
s3 setacl --acl-public s3://s3cmd/copy; s3 info s3://s3cmd/copy | grep -q anon; echo ok acl
s3 rb --recursive --force s3://s3cmd; echo ok delete
