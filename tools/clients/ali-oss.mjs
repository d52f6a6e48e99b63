const { default: OSS } = await import('ali-oss').catch(() => { console.log('ali-oss is not installed'); process.exit(0); });
import assert from 'node:assert';

const client = new OSS({
  region: 'oss-cn-hangzhou', endpoint: process.argv[2], accessKeyId: 'local', accessKeySecret: 'local',
  authorizationV4: true, bucket: 'alioss',
});
const text = async (key) => (await client.get(key)).content.toString();
await client.putBucket('alioss');
await client.put('a b+ü', Buffer.from('text'));
console.log('ok put');
assert.equal(await text('a b+ü'), 'text');
console.log('ok get');
await client.copy('c d', 'a b+ü');
assert.equal(await text('c d'), 'text');
console.log('ok copy');
await client.putSymlink('link', 'a b+ü', {});
assert.equal(await text('link'), 'text');
console.log('ok symlink');
assert.deepEqual((await client.listV2({})).objects.map((o) => o.name), ['a b+ü', 'c d', 'link']);
console.log('ok list');
await client.multipartUpload('parts', Buffer.alloc(600000), { partSize: 204800 });
assert.equal((await client.head('parts')).res.headers['content-length'], '600000');
console.log('ok multipart');
await client.putBucketCORS('alioss', [{ allowedOrigin: '*', allowedMethod: 'GET' }]);
assert.equal((await client.getBucketCORS('alioss')).rules.length, 1);
console.log('ok cors');
await client.deleteMulti(['a b+ü', 'c d', 'link', 'parts']);
await client.deleteBucket('alioss');
console.log('ok delete');
