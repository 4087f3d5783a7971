// `npm start`: everything from a fresh clone to the example shop's walk. `npm start -- --once` ends after it.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { orSayWhy, prepare, root } from './prepare.mjs';

await orSayWhy(async () => {
  await prepare();
  const main = join(root, 'dist', 'main.js');
  process.argv = [process.execPath, main, 'example', ...process.argv.slice(2)];
  await import(pathToFileURL(main).href);
});
