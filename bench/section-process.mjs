// The process of one section: see run.mjs.
const [id, text] = process.argv.slice(2);
const { run } = await import(new URL(`./sections/${id}.mjs`, import.meta.url).href);
const say = (line) => process.stderr.write(`  ${line}\n`);
const report = (result) => process.send(result);
const result = await run({ ...JSON.parse(text), say, report });
process.send(result, () => process.exit(0));
