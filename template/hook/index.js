// Serverless Devs renders s.yaml by itself; the rules and the policy contain the names of the buckets too.
const rendered = ['code/rules.yaml', 'policy.json'];

async function preInit() {}

async function postInit({ artTemplate }) {
  rendered.forEach((file) => artTemplate(file));
  console.log(`
  首次部署前，请按 readme.md 中的“部署前”一节创建失败队列和 Logstore，然后运行：

    s plan
    s deploy -y

  Before the first deployment, create the queue and the Logstore as "部署前" in readme.md shows; then run the
  two commands above. The rules are in code/rules.yaml.
`);
}

module.exports = { preInit, postInit };
