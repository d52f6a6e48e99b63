// Serverless Devs renders s.yaml by itself; the other files contain the names of buckets and resources too.
const rendered = ['code/rules.yaml', 'policy.json', 'readme.md', 'readme_en.md'];

async function preInit() {}

async function postInit({ artTemplate }) {
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
}

module.exports = { preInit, postInit };
