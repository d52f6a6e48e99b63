# rclone with its S3 backend; the provider Alibaba would put the bucket into the host name.
set -euo pipefail
command -v rclone >/dev/null || { echo "rclone is not installed"; exit 0; }
unset AWS_CA_BUNDLE
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/up"
echo text >"$dir/up/a b+ü"
head -c 12000000 /dev/zero >"$dir/up/parts"
export RCLONE_CONFIG_OSS_TYPE=s3 RCLONE_CONFIG_OSS_PROVIDER=Other RCLONE_CONFIG_OSS_ENDPOINT="$1" \
	RCLONE_CONFIG_OSS_ACCESS_KEY_ID=local RCLONE_CONFIG_OSS_SECRET_ACCESS_KEY=local \
	RCLONE_CONFIG_OSS_FORCE_PATH_STYLE=true
r() { rclone --config "$dir/none" --retries 1 --low-level-retries 1 "$@" 2>"$dir/err" || { cat "$dir/err"; exit 1; }; }
r mkdir oss:rclone
r copyto "$dir/up/a b+ü" "oss:rclone/a b+ü"; echo ok put
[ "$(r cat "oss:rclone/a b+ü")" = text ]; echo ok get
r copyto "oss:rclone/a b+ü" oss:rclone/copy; echo ok copy
[ "$(r lsf oss:rclone | wc -l)" = 2 ]; echo ok list
r copy "$dir/up" oss:rclone/up --s3-upload-cutoff 5M --s3-chunk-size 5M; echo ok multipart
r check "$dir/up" oss:rclone/up; echo ok check
r purge oss:rclone; echo ok delete
