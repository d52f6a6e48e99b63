const { S3 } = await import('@aws-sdk/client-s3').catch(() => {
  console.log('@aws-sdk/client-s3 is not installed');
  process.exit(0);
});
import assert from 'node:assert';
import { Readable } from 'node:stream';

const config = {
  endpoint: process.argv[2], region: 'oss-cn-hangzhou', forcePathStyle: true,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
};
const s3 = new S3({ ...config, requestChecksumCalculation: 'WHEN_REQUIRED' });
const Bucket = 'awsjs';
const stream = () => ({ Bucket, Key: 'stream', Body: Readable.from([Buffer.from('text')]), ContentLength: 4 });
await s3.createBucket({ Bucket });
await s3.putObject({ Bucket, Key: "a b+ü!'()*", Body: 'text' });
await s3.putObject(stream());
console.log('ok put');
assert.equal(await (await s3.getObject({ Bucket, Key: "a b+ü!'()*" })).Body.transformToString(), 'text');
console.log('ok get');
await s3.copyObject({ Bucket, Key: 'copy', CopySource: encodeURIComponent(Bucket + "/a b+ü!'()*") });
console.log('ok copy');
assert.deepEqual((await s3.listObjectsV2({ Bucket })).Contents.map((o) => o.Key), ["a b+ü!'()*", 'copy', 'stream']);
console.log('ok list');
// Without requestChecksumCalculation the SDK sends streams in a form that OSS refuses.
await assert.rejects(new S3(config).putObject(stream()), { name: 'InvalidArgument' });
console.log('ok stream-refused');
for (const Key of ["a b+ü!'()*", 'copy', 'stream']) await s3.deleteObject({ Bucket, Key });
await s3.deleteBucket({ Bucket });
console.log('ok delete');
