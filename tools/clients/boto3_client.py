import sys
import urllib.request

try:
    import boto3
except ImportError:
    sys.exit("boto3 is not installed")
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

s3 = boto3.client("s3", endpoint_url=sys.argv[1], region_name="cn-hangzhou",
                  config=Config(s3={"addressing_style": "path"}))
B = "boto3bkt"
s3.create_bucket(Bucket=B)
s3.put_object(Bucket=B, Key="a b+ü", Body=b"text", Metadata={"who": "me"}, StorageClass="STANDARD_IA")
print("ok put")
out = s3.get_object(Bucket=B, Key="a b+ü")
assert out["Body"].read() == b"text" and out["Metadata"] == {"who": "me"} and out["StorageClass"] == "STANDARD_IA"
print("ok get")
s3.copy_object(Bucket=B, Key="copy", CopySource={"Bucket": B, "Key": "a b+ü"})
print("ok copy")
pages = s3.get_paginator("list_objects_v2").paginate(Bucket=B, PaginationConfig={"PageSize": 1})
assert [o["Key"] for page in pages for o in page["Contents"]] == ["a b+ü", "copy"]
print("ok list")
parts = TransferConfig(multipart_chunksize=5 << 20, multipart_threshold=5 << 20)
with open(__file__, "rb") as f:
    s3.upload_fileobj(f, B, "script", Config=parts)
import io
s3.upload_fileobj(io.BytesIO(bytes(12 << 20)), B, "parts", Config=parts)
s3.copy({"Bucket": B, "Key": "parts"}, B, "parts2", Config=parts)
assert s3.head_object(Bucket=B, Key="parts2")["ContentLength"] == 12 << 20
print("ok multipart")
url = s3.generate_presigned_url("get_object", Params={"Bucket": B, "Key": "copy"})
assert urllib.request.urlopen(url).read() == b"text"
print("ok presign")
s3.put_object_acl(Bucket=B, Key="copy", ACL="public-read")
assert len(s3.get_object_acl(Bucket=B, Key="copy")["Grants"]) == 2
print("ok acl")
s3.delete_objects(Bucket=B, Delete={"Objects": [{"Key": k} for k in ["a b+ü", "copy", "script", "parts", "parts2"]]})
s3.delete_bucket(Bucket=B)
print("ok delete")
