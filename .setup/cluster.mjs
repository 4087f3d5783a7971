// `npm run cluster`: the control plane of the tests with the example shop in it and netsluice in front of it.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { orSayWhy, prepare, root } from './prepare.mjs';

await orSayWhy(async () => {
  await prepare();
  const bubble = join('test', 'control-plane', 'bubble.mjs');
  const args = [bubble, process.execPath, join('test', 'control-plane', 'try.mjs'), ...process.argv.slice(2)];
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  // Ctrl-C reaches the shell inside too; whether it ends anything is decided there.
  process.on('SIGINT', () => undefined);
  process.exitCode = await new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve(code ?? 1));
  });
});
