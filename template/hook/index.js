const fs = require('fs');
const path = require('path');

// Serverless Devs renders s.yaml by itself; the other files contain the names of buckets and resources too.
const rendered = ['code/rules.yaml', 'policy.json', 'readme.md', 'readme_en.md'];

async function preInit() {}

// Questions cannot be compared with each other, and rules that copy an object onto itself are refused.
function sameBucket(rules) {
  const source = rules.match(/sources:.*\n\s*- (.*)/);
  const destination = rules.match(/bucket: (.*)/);
  return source && destination && source[1] === destination[1];
}

async function postInit({ artTemplate, appPath }) {
  rendered.forEach((file) => artTemplate(file));
  console.log(`
  首次部署前，请按 readme.md 中的“部署前”一节创建 Bucket、失败队列、日志项目、Logstore 及其索引和两个角色，然后运行：
  Before the first deployment, create the buckets, the queue, the log project, the Logstore with its index and the two
  roles, as "Before the first deployment" in readme_en.md shows. Then run:

    s plan
    s deploy -y

  s.yaml 中的 access 必须是 s config get 列出的名称。规则在 code/rules.yaml 中。
  access in s.yaml must be a name that \`s config get\` lists. The rules are in code/rules.yaml.
`);
  if (sameBucket(fs.readFileSync(path.join(appPath, 'code/rules.yaml'), 'utf8'))) {
    console.log(`  源 Bucket 与目标 Bucket 相同：请在 code/rules.yaml 中改用其他 Bucket，并按“修改规则”更新 policy.json。
  Source and destination are one bucket: name another in code/rules.yaml, and update policy.json as
  "Changing the rules" in readme_en.md shows.
`);
  }
}

module.exports = { preInit, postInit };
